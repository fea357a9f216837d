#include "search/search.hpp"

#include <algorithm>

namespace sweetspot::search {

std::optional<double> metric_at(const SeenTrial& trial, uint64_t step) {
  const auto found = std::find_if(trial.curve.begin(), trial.curve.end(),
                                  [&](const CurveCheck& check) { return check.step == step; });
  if (found == trial.curve.end()) return std::nullopt;
  return found->accuracy;
}

double best_metric(const SeenTrial& trial) {
  double best = 0;
  for (const CurveCheck& check : trial.curve) best = std::max(best, check.accuracy);
  return best;
}

bool is_better(const SeenTrial& a, const SeenTrial& b) {
  if (a.value.has_value() != b.value.has_value()) return a.value.has_value();
  if (a.value.has_value()) return *a.value < *b.value;
  return best_metric(a) > best_metric(b);
}

std::optional<double> worth_at(const SeenTrial& trial, uint64_t steps, uint64_t budget) {
  if (trial.outcome == study::Outcome::reached && trial.steps <= steps) {
    return 2 - static_cast<double>(trial.steps) / static_cast<double>(budget);
  }
  if (const auto metric = metric_at(trial, steps); metric.has_value()) return metric;
  if (trial.outcome.has_value()) return best_metric(trial) - 1;
  return std::nullopt;
}

std::optional<double> objective_value(const study::Objective& objective, const SeenTrial& trial) {
  if (objective.steps_to_target) {
    if (trial.outcome != study::Outcome::reached) return std::nullopt;
    return static_cast<double>(trial.steps);
  }
  if (trial.outcome != study::Outcome::exhausted || trial.curve.empty()) return std::nullopt;
  return 1 - best_metric(trial);
}

}  // namespace sweetspot::search
