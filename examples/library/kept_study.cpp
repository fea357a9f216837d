// A study in a file: it is stopped, opened again, and comes to where it would have come at once.
#include <sweetspot/sweetspot.hpp>

#include <iostream>

using namespace sweetspot;

double simulate(Trial& trial) {
  if (trial.choice_of("solver") == "direct") return 2;
  const double tolerance = trial.value_of("tolerance");
  // A result of the study, not an error of the program.
  if (tolerance > 0.1) throw std::runtime_error("the iteration does not converge");
  return 1 + (tolerance - 1e-3) * (tolerance - 1e-3) * 1e4;
}

int main(int argc, char** argv) {
  const std::filesystem::path file = argc > 1 ? argv[1] : "kept_study.db";
  std::filesystem::remove(file);
  const space::Space space(
      {{"solver", space::Categorical{{"direct", "iterative"}}},
       {"tolerance", space::LogUniform{1e-6, 1}, space::Condition{"solver", {"iterative"}}}});
  StudyOptions options = {.file = file, .metric = "seconds", .trials = 40};
  try {
    {
      Study study(space, options);
      study.optimize(simulate, {.on_end = [&](const TrialResult& trial) {
                       if (trial.number == 14) study.stop();
                     }});
      std::cout << "stopped: " << study.answer() << '\n';
    }
    Study study(space, options);
    study.optimize(simulate);
    std::cout << study.answer() << '\n';
    study.write_csv(file.string() + ".csv");
    return *study.best()->value < 1.1 ? 0 : 1;
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << '\n';
    return static_cast<int>(error.kind());
  }
}
