// Every search over recorded sweeps with noise: how far the answer is from the grid's best, both
// taken without the noise; and how far the luckiest trial is, the one of the best value.
//   noise SEEDS DEVIATION STUDY.db...      studies of `sweetspot sweep`
// Two objectives: the fewest steps to the target, and the best of the target's metric within the
// steps of the grid's fastest (noisy_trainer.hpp says what is noisy).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "bench/noisy_trainer.hpp"
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

std::optional<size_t> luckiest_trial(const std::vector<search::SeenTrial>& trials) {
  std::optional<size_t> best;
  for (size_t i = 0; i < trials.size(); ++i) {
    if (!trials[i].value.has_value()) continue;
    if (!best.has_value() || *trials[i].value < *trials[*best].value) best = i;
  }
  return best;
}

struct Result {
  std::vector<double> answers;  // regrets
  std::vector<double> luckiest;
  std::vector<double> costs;  // share of the grid's
};

Result run(const std::string& method, const space::Space& space, const NoisyTrainer& trainer,
           search::RoundOptions options, int seeds) {
  Result result;
  for (int seed = 1; seed <= seeds; ++seed) {
    options.seed = static_cast<uint64_t>(seed);
    const Train train = [&](const search::Segment& segment) {
      return trainer.train(segment, options.seed);
    };
    const SearchRun run = run_search(method, space, train, options);
    const auto regret = [&](const std::optional<size_t>& trial) {
      return trial.has_value() ? trainer.regret(run.trials[*trial].config) : INFINITY;
    };
    result.answers.push_back(regret(search::best_trial(space, run.trials)));
    result.luckiest.push_back(regret(luckiest_trial(run.trials)));
    result.costs.push_back(static_cast<double>(run.steps) /
                           static_cast<double>(trainer.grid_steps()));
  }
  return result;
}

void print(const RecordedStudy& study, const RecordedTrainer& recorded, bool steps_to_target,
           double deviation, int seeds) {
  const NoisyTrainer trainer(recorded, steps_to_target, deviation);
  fmt::print("{}, {} with noise of {:.0f} %\n", study.name,
             steps_to_target ? "steps to the target"
                             : fmt::format("best within {} steps", trainer.budget()),
             100 * deviation);
  fmt::print("{:<12}{:>10}{:>10}{:>10}{:>12}{:>10}\n", "method", "cost", "answer", "90 %",
             "luckiest", "90 %");
  for (const double share : {0.02, 0.05}) {
    for (const std::string& method : search::method_names()) {
      // What a copy would do was never recorded.
      if (method == "pbt") continue;
      search::RoundOptions options;
      options.budget = trainer.budget();
      options.check_every = study.settings.check_every;
      options.cost.steps = static_cast<uint64_t>(share * static_cast<double>(trainer.grid_steps()));
      const Result r = run(method, recorded.space(), trainer, options, seeds);
      fmt::print("{:<12}{:>8.2f} %{:>10.2f}{:>10.2f}{:>12.2f}{:>10.2f}\n", method,
                 100 * quantile(r.costs, 0.5), quantile(r.answers, 0.5), quantile(r.answers, 0.9),
                 quantile(r.luckiest, 0.5), quantile(r.luckiest, 0.9));
    }
    fmt::print("\n");
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  const int seeds = std::atoi(arguments[1]);
  const double deviation = std::atof(arguments[2]) / 100;
  try {
    for (int i = 3; i < count; ++i) {
      const RecordedStudy study = read_study(arguments[i]);
      const RecordedTrainer recorded(study);
      for (const bool steps_to_target : {true, false}) {
        print(study, recorded, steps_to_target, deviation, seeds);
      }
    }
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "noise: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
