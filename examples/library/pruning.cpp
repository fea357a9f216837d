// Trials that report on their way: a line is fitted by gradient descent with momentum, and the
// search spares the steps of rates that come to nothing.
#include <sweetspot/sweetspot.hpp>

#include <iostream>

using namespace sweetspot;

// Fits y = a x + b to points of y = 3 x - 1, and reports the mean squared error.
double fit_line(Trial& trial) {
  const double rate = trial.value_of("rate");
  const double momentum = trial.value_of("momentum");
  double a = 0, b = 0, speed_a = 0, speed_b = 0, error = 0;
  for (uint64_t step = 1; step <= 200; ++step) {
    double slope_a = 0, slope_b = 0;
    error = 0;
    for (double x = -1; x <= 1; x += 0.125) {
      const double away = a * x + b - (3 * x - 1);
      slope_a += 2 * away * x / 17;
      slope_b += 2 * away / 17;
      error += away * away / 17;
    }
    speed_a = momentum * speed_a - rate * slope_a;
    speed_b = momentum * speed_b - rate * slope_b;
    a += speed_a;
    b += speed_b;
    if (step % 10 == 0 && !trial.report(step, error)) return error;
  }
  return error;
}

int main() {
  const space::Space space(
      {{"rate", space::LogUniform{1e-6, 100}}, {"momentum", space::Uniform{0, 0.99}}});
  Study study(space, {.metric = "squared error",
                      .method = "halving",
                      .trials = 60,
                      .round = 4,
                      .steps = 200,
                      .report_every = 10});
  study.optimize(fit_line, {.threads = 2});
  uint64_t steps = 0;
  for (const TrialResult& trial : study.trials()) steps += trial.steps;
  std::cout << study.answer() << '\n' << steps << " steps, of " << 60 * 200 << " without pruning\n";
  return *study.best()->value < 1e-3 && steps < 60 * 200 / 2 ? 0 : 1;
}
