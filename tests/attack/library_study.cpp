// A study of the library that is kept in a file, for tests/attack/kills.py: a second or two, whose
// trials are what they are however often the program is killed on its way. library_study FILE
// VARIANT
#include <sweetspot/sweetspot.hpp>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

using namespace sweetspot;

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const char* methods[] = {"halving", "tpe", "median"};
  const uint64_t variant = std::strtoull(argv[2], nullptr, 10);
  const space::Space space(
      {{"rate", space::LogUniform{1e-6, 100}}, {"momentum", space::Uniform{0, 0.99}}});
  try {
    Study study(space, {.file = argv[1],
                        .metric = "error",
                        .method = methods[variant % 3],
                        .seed = variant,
                        .trials = 24,
                        .round = 4,
                        .steps = 40,
                        .report_every = 2});
    study.optimize(
        [](Trial& trial) {
          double error = 1;
          for (uint64_t step = 1; step <= 40; ++step) {
            std::this_thread::sleep_for(std::chrono::milliseconds(3));
            const double away = std::log10(trial.value_of("rate") / 0.01);
            error *= 1 - 0.1 * std::exp(-away * away) * (0.5 + 0.5 * trial.value_of("momentum"));
            if (step % 2 == 0 && !trial.report(step, error)) return error;
          }
          return error;
        },
        {.threads = 2});
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
