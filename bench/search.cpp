// Every search over recorded sweeps: what it costs, and how far its answer is from the grid's best.
//   search SEEDS STUDY.db...      studies of `sweetspot sweep`, or articles
// Regret: steps of the chosen config over steps of the grid's best, of a training each. Cost: of
// the steps of the grid without early stopping. Where no config was found the regret counts as
// infinite.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "bench/recorded_trainer.hpp"
#include "search/answer.hpp"
#include "search/methods.hpp"
#include "sweetspot/error.hpp"

namespace {

using namespace sweetspot;
using namespace sweetspot::bench;

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(std::lround(share * static_cast<double>(values.size() - 1)))];
}

struct Result {
  std::vector<double> regrets;
  std::vector<double> costs;  // share of the grid's
  std::vector<double> trials;
};

Result run(const std::string& method, const RecordedTrainer& trainer,
           const search::RoundOptions& options, int seeds) {
  Result result;
  const space::Space space = trainer.space();
  const Train train = [&](const search::Segment& segment) { return trainer.train(segment); };
  for (int seed = 1; seed <= seeds; ++seed) {
    search::RoundOptions with_seed = options;
    with_seed.seed = static_cast<uint64_t>(seed);
    const SearchRun run = run_search(method, space, train, with_seed);
    const std::optional<size_t> best = search::best_trial(space, run.trials);
    result.regrets.push_back(
        best.has_value() ? static_cast<double>(*trainer.steps_of(run.trials[*best].config)) /
                               static_cast<double>(trainer.best_steps())
                         : INFINITY);
    result.costs.push_back(static_cast<double>(run.steps) /
                           static_cast<double>(trainer.grid_steps()));
    result.trials.push_back(static_cast<double>(run.trials.size()));
  }
  return result;
}

void print(const RecordedStudy& study, int seeds) {
  const RecordedTrainer trainer(study);
  fmt::print("{}: grid {} steps, its best {} steps\n", study.name, trainer.grid_steps(),
             trainer.best_steps());
  fmt::print("{:<12}{:>8}{:>9}{:>9}{:>9}{:>9}\n", "method", "trials", "cost", "90 %", "regret",
             "90 %");
  for (const double share : {0.01, 0.02, 0.05}) {
    for (const std::string& method : search::method_names()) {
      // What a copy would do was never recorded.
      if (method == "pbt") continue;
      search::RoundOptions options;
      options.budget = study.settings.budget;
      options.check_every = study.settings.check_every;
      options.cost.steps = static_cast<uint64_t>(share * static_cast<double>(trainer.grid_steps()));
      const Result r = run(method, trainer, options, seeds);
      fmt::print("{:<12}{:>8.0f}{:>8.2f} %{:>7.2f} %{:>9.2f}{:>9.2f}\n", method,
                 quantile(r.trials, 0.5), 100 * quantile(r.costs, 0.5),
                 100 * quantile(r.costs, 0.9), quantile(r.regrets, 0.5), quantile(r.regrets, 0.9));
    }
    fmt::print("\n");
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  try {
    for (int i = 2; i < count; ++i) print(read_study(arguments[i]), std::atoi(arguments[1]));
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "search: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
