// Searches over recorded sweeps by the number of trainings, one after the other, each trained to
// its end: the regret (steps of the best over steps of the grid's best) after so many.
//   search_trials SEEDS STUDY.db
// bench/versus_optuna prints the same table of Optuna's samplers below it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "bench/recorded_trainer.hpp"
#include "sweetspot/error.hpp"

namespace {

using namespace sweetspot;
using namespace sweetspot::bench;

constexpr size_t kTrials[] = {10, 20, 40, 80};

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(std::lround(share * static_cast<double>(values.size() - 1)))];
}

void print(const std::string& method, const RecordedTrainer& trainer,
           const study::Settings& settings, int seeds) {
  std::vector<std::vector<double>> regrets(std::size(kTrials));
  const Train train = [&](const search::Segment& segment) { return trainer.train(segment); };
  for (int seed = 1; seed <= seeds; ++seed) {
    const search::RoundOptions options = {
        .size = 1,
        .cost = {.steps = 0, .trials = kTrials[std::size(kTrials) - 1]},
        .seed = static_cast<uint64_t>(seed),
        .budget = settings.budget,
        .check_every = settings.check_every};
    const SearchRun run = run_search(method, trainer.space(), train, options);
    double best = INFINITY;
    size_t column = 0;
    for (size_t i = 0; i < run.trials.size(); ++i) {
      best = std::min(best, run.trials[i].value.value_or(INFINITY));
      if (i + 1 < kTrials[column]) continue;
      regrets[column++].push_back(best / static_cast<double>(trainer.best_steps()));
    }
  }
  fmt::print("{:<22}", method);
  for (const std::vector<double>& r : regrets) {
    fmt::print("{:>7.2f}{:>7.2f}", quantile(r, 0.5), quantile(r, 0.9));
  }
  fmt::print("\n");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  try {
    const RecordedStudy study = read_study(arguments[2]);
    const RecordedTrainer trainer(study);
    fmt::print("{}\n{:<22}", study.name, "regret after trials");
    for (const size_t trials : kTrials) fmt::print("{:>7}{:>7}", trials, "90 %");
    fmt::print("\n");
    for (const std::string method : {"random", "qmc", "tpe", "gp"}) {
      print(method, trainer, study.settings, std::atoi(arguments[1]));
    }
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "search_trials: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
