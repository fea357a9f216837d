// The lowest point of a function of two numbers.
#include <sweetspot/sweetspot.hpp>

#include <cmath>
#include <iostream>

using namespace sweetspot;

int main() {
  const space::Space space({{"x", space::Uniform{-5, 5}}, {"y", space::Uniform{-5, 5}}});
  Study study(space, {.trials = 40});
  study.optimize([](Trial& trial) {
    const double x = trial.value_of("x");
    const double y = trial.value_of("y");
    return std::pow(x - 1, 2) + std::pow(y + 2, 2);
  });
  std::cout << study.answer() << '\n';
  return *study.best()->value < 0.01 ? 0 : 1;
}
