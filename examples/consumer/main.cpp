// The smallest user of the library: where a parabola is lowest.
#include <sweetspot/sweetspot.hpp>

#include <iostream>

int main() {
  using namespace sweetspot;
  try {
    Study study(space::Space({{"x", space::Uniform{-10, 10}}}), {.trials = 30});
    study.optimize([](Trial& trial) {
      const double x = trial.value_of("x");
      return (x - 2) * (x - 2);
    });
    std::cout << "sweetspot " << version() << ": " << study.answer() << '\n';
    return *study.best()->value < 0.01 ? 0 : 1;
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << '\n';
    return static_cast<int>(error.kind());
  }
}
