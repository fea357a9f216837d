#include "bench/replay.hpp"

#include <fmt/format.h>

#include <span>

#include "store/open_store.hpp"

namespace sweetspot::bench {

RecordedStudy read_study(const char* file) {
  const auto store = store::open_sqlite(file, store::Access::read);
  RecordedStudy study;
  study.settings = store->record()->settings;
  const study::Settings& s = study.settings;
  study.name =
      fmt::format("{} {} {} budget {} seeds {}..{}", s.model, s.data, study::text_of(s.target),
                  s.budget, s.seed, s.seed + static_cast<uint64_t>(s.seeds) - 1);
  const bool running = s.target.metric == "running_accuracy";
  for (study::Trial& trial : store->trials()) {
    if (!trial.outcome.has_value()) continue;
    RecordedTrial recorded;
    for (const study::CurvePoint& point : store->curve(trial.number).points) {
      recorded.curve.push_back({point.step, point.values[running ? 1 : 0].value_or(0)});
    }
    recorded.trial = std::move(trial);
    study.trials.push_back(std::move(recorded));
  }
  return study;
}

uint64_t last_step(const study::Settings& settings, const RecordedTrial& recorded,
                   const search::HopelessConstants& constants) {
  const bool running = settings.target.metric == "running_accuracy";
  const std::span<const search::CurveCheck> curve = recorded.curve;
  for (size_t checks = 1; checks <= curve.size(); ++checks) {
    const uint64_t step = curve[checks - 1].step;
    if (step >= recorded.trial.steps) break;
    if (!search::hopeless_reason({.target = settings.target.value,
                                  .running = running,
                                  .budget = settings.budget,
                                  .resolution = 1.0 / (50.0 * settings.batch_size),
                                  .curve = curve.first(checks),
                                  .constants = constants})
             .empty()) {
      return step;
    }
  }
  return recorded.trial.steps;
}

Tally replay(const RecordedStudy& study, const search::HopelessConstants& constants) {
  Tally tally;
  for (const RecordedTrial& recorded : study.trials) {
    const uint64_t last = last_step(study.settings, recorded, constants);
    if (recorded.trial.outcome == study::Outcome::reached) {
      ++tally.reached;
      tally.wrong += last < recorded.trial.steps ? 1 : 0;
    } else {
      tally.failing += recorded.trial.steps;
      tally.saved += recorded.trial.steps - last;
    }
  }
  return tally;
}

}  // namespace sweetspot::bench
