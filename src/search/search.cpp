#include "search/search.hpp"

#include <algorithm>

namespace sweetspot::search {

bool was_left(const SeenTrial& trial) {
  return trial.outcome.value_or(study::Outcome::pruned) == study::Outcome::pruned;
}

std::optional<double> metric_at(const SeenTrial& trial, uint64_t step) {
  if (trial.steps < step) return std::nullopt;
  const auto after = std::upper_bound(
      trial.curve.begin(), trial.curve.end(), step,
      [](uint64_t wanted, const CurveCheck& check) { return wanted < check.step; });
  if (after == trial.curve.begin()) return std::nullopt;
  return std::prev(after)->metric;
}

std::optional<double> best_metric(const SeenTrial& trial) {
  std::optional<double> best;
  for (const CurveCheck& check : trial.curve) {
    best = std::max(best.value_or(check.metric), check.metric);
  }
  return best;
}

bool is_better(const SeenTrial& a, const SeenTrial& b) {
  if (a.value.has_value() != b.value.has_value()) return a.value.has_value();
  if (a.value.has_value()) return *a.value < *b.value;
  return best_metric(a) > best_metric(b);
}

std::optional<Worth> worth_at(const SeenTrial& trial, uint64_t steps) {
  if (trial.outcome == study::Outcome::reached && trial.steps <= steps) {
    return Worth{Worth::Tier::reached, -static_cast<double>(trial.steps)};
  }
  if (const auto metric = metric_at(trial, steps)) return Worth{Worth::Tier::trains, *metric};
  if (!trial.outcome.has_value()) return std::nullopt;
  // Further steps would have changed nothing.
  if (trial.ended_itself && !trial.curve.empty()) {
    return Worth{Worth::Tier::trains, trial.curve.back().metric};
  }
  return Worth{Worth::Tier::ended_badly, best_metric(trial).value_or(-INFINITY)};
}

std::optional<double> objective_value(const study::Objective& objective, const SeenTrial& trial) {
  if (objective.steps_to_target) {
    if (trial.outcome != study::Outcome::reached) return std::nullopt;
    return static_cast<double>(trial.steps);
  }
  if (trial.outcome != study::Outcome::exhausted || trial.curve.empty()) return std::nullopt;
  return -*best_metric(trial);
}

}  // namespace sweetspot::search
