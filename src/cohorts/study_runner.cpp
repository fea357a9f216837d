#include "cohorts/study_runner.hpp"

#include <algorithm>

#include "cohorts/cohort_executor.hpp"
#include "cohorts/cohort_lanes.hpp"
#include "run/study_loop.hpp"

namespace sweetspot::cohorts {
namespace {

size_t lanes_of(const RunOptions& options, store::StudyStore& store) {
  if (options.lanes > 0) return static_cast<size_t>(options.lanes);
  const std::vector<study::Trial> trials = store.trials();
  const auto waiting = std::count_if(trials.begin(), trials.end(), [](const study::Trial& trial) {
    return !trial.outcome.has_value();
  });
  return cohort_lanes(store.record()->settings, static_cast<size_t>(waiting),
                      static_cast<size_t>(options.threads), options.shared.has_value());
}

}  // namespace

StudyRunner::StudyRunner(store::StudyStore& store, const data::ImageSet& set,
                         const RunOptions& options)
    : store_(store), set_(set), options_(options) {}

run::RunEnd StudyRunner::run(const std::function<void(const run::RunProgress&)>& on_progress) {
  CohortExecutor executor(store_, set_, static_cast<size_t>(options_.threads),
                          lanes_of(options_, store_), pause_);
  const run::LoopOptions loop = {.max_seconds = options_.max_seconds,
                                 .shared = options_.shared,
                                 .rescue_file = options_.rescue_file,
                                 .reverse_order = options_.reverse_order};
  return run::run_study(store_, executor, loop, pause_, on_progress);
}

}  // namespace sweetspot::cohorts
