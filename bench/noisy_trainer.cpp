#include "bench/noisy_trainer.hpp"

#include <algorithm>
#include <cmath>

#include "search/draws.hpp"

namespace sweetspot::bench {
namespace {

// Apart from the numbers that a search draws by the same seed.
constexpr uint64_t kNoise = uint64_t{1} << 32;
constexpr size_t kMostChecks = 1024;  // of a trial

}  // namespace

NoisyTrainer::NoisyTrainer(const RecordedTrainer& recorded, bool steps_to_target, double deviation)
    : recorded_(recorded),
      objective_{.steps_to_target = steps_to_target, .metric = recorded.settings().target.metric},
      deviation_(deviation) {
  for (const RecordedTrial* trial : recorded.trials()) {
    least_error_ = std::min(least_error_, error_of(*trial));
  }
}

uint64_t NoisyTrainer::budget() const {
  return objective_.steps_to_target ? recorded_.settings().budget : recorded_.best_steps();
}

uint64_t NoisyTrainer::grid_steps() const {
  return objective_.steps_to_target ? recorded_.grid_steps() : recorded_.trials().size() * budget();
}

search::SegmentEnd NoisyTrainer::train(const search::Segment& segment, uint64_t seed) const {
  if (!objective_.steps_to_target) return train_to_budget(segment, seed);
  const double drawn = search::Draws(seed + kNoise, segment.trial).normal();
  return train_slower(segment, std::exp(deviation_ * drawn));
}

search::SegmentEnd NoisyTrainer::train_slower(const search::Segment& segment, double factor) const {
  const uint64_t check_every = recorded_.settings().check_every;
  const RecordedTrainer::Run& run = recorded_.run_of(segment.config);
  const auto slower = [&](uint64_t steps) {
    const double checks = factor * static_cast<double>(steps) / static_cast<double>(check_every);
    return check_every * std::max<uint64_t>(1, static_cast<uint64_t>(std::lround(checks)));
  };
  // What a faster training would have done beyond the recorded budget is not known.
  const study::Outcome outcome = run.outcome();
  const uint64_t last = outcome == study::Outcome::exhausted ? budget() : slower(run.last);
  search::SegmentEnd end;
  end.steps = std::min(segment.until, last);
  for (const search::CurveCheck& check : run.recorded->curve) {
    if (check.step > run.last) break;
    const uint64_t step = std::min(slower(check.step), last);
    if (step <= segment.from || step > end.steps) continue;
    if (!end.curve.empty() && end.curve.back().step == step) end.curve.pop_back();
    end.curve.push_back({step, check.metric});
  }
  if (last <= segment.until) {
    end.outcome = outcome;
  } else if (segment.until == budget()) {
    end.outcome = study::Outcome::exhausted;
  }
  if (end.outcome == study::Outcome::reached) end.value = static_cast<double>(end.steps);
  return end;
}

search::SegmentEnd NoisyTrainer::train_to_budget(const search::Segment& segment,
                                                 uint64_t seed) const {
  const RecordedTrial& recorded = *recorded_.run_of(segment.config).recorded;
  const auto noisy = [&](const search::CurveCheck& check) {
    const size_t index = check.step / recorded_.settings().check_every % kMostChecks;
    const double drawn = search::Draws(seed + kNoise, segment.trial * kMostChecks + index).normal();
    return search::CurveCheck{check.step, 1 - (1 - check.metric) * (1 + deviation_ * drawn)};
  };
  search::SeenTrial whole;
  search::SegmentEnd end;
  end.steps = std::min(segment.until, recorded.trial.steps);
  for (const search::CurveCheck& check : recorded.curve) {
    if (check.step > end.steps) break;
    whole.curve.push_back(noisy(check));
    if (check.step > segment.from) end.curve.push_back(whole.curve.back());
  }
  if (recorded.trial.steps < segment.until) {
    end.outcome = recorded.trial.outcome;
  } else if (end.steps == budget()) {
    end.outcome = study::Outcome::exhausted;
  }
  whole.outcome = end.outcome;
  end.value = search::objective_value(objective_, whole);
  return end;
}

double NoisyTrainer::error_of(const RecordedTrial& trial) const {
  double error = 1;
  for (const search::CurveCheck& check : trial.curve) {
    if (check.step <= recorded_.best_steps()) error = std::min(error, 1 - check.metric);
  }
  return error;
}

double NoisyTrainer::regret(const space::Config& config) const {
  if (!objective_.steps_to_target) {
    return error_of(*recorded_.run_of(config).recorded) / least_error_;
  }
  const std::optional<uint64_t> steps = recorded_.steps_of(config);
  if (!steps.has_value()) return INFINITY;
  return static_cast<double>(*steps) / static_cast<double>(recorded_.best_steps());
}

}  // namespace sweetspot::bench
