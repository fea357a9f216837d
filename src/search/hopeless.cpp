#include "search/hopeless.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sweetspot::search {
namespace {

// Fixed on the tiny network and MNIST; see docs/early-stopping.md.
constexpr double kSlack = 1.2;
constexpr uint64_t kFirstStep = 100;
constexpr uint64_t kRecentSteps = 150;

}  // namespace

std::string hopeless_reason(const HopelessQuestion& q) {
  const CurveCheck& now = q.curve.back();
  const uint64_t step = now.step - std::min(now.step, q.warm_up);
  if (step < kFirstStep || now.step >= q.budget) return "";
  const uint64_t budget = q.budget - std::min(q.budget - 1, q.warm_up);
  const double target_error = std::max(1 - q.target, q.resolution);
  if (q.running && q.warm_up == 0) {
    // Errors made are made: the mean over the whole budget cannot get below this.
    const double bound = (1 - now.accuracy) * static_cast<double>(now.step);
    if (bound <= target_error * static_cast<double>(q.budget)) return "";
    return "its errors so far already exceed what the target allows over the whole budget";
  }
  double error = 1 - now.accuracy;
  for (auto check = q.curve.rbegin(); check != q.curve.rend(); ++check) {
    if (check->step + kRecentSteps <= now.step) break;
    error = std::min(error, 1 - check->accuracy);
  }
  const double forecast = error * static_cast<double>(step) / static_cast<double>(budget);
  if (forecast <= kSlack * target_error) return "";
  return fmt::format("error {:.3f} at step {} forecasts {:.3f} at the budget, the target is {:.3f}",
                     error, now.step, forecast, target_error);
}

bool rule_is_audited_for(const RuleScope& scope) {
  const bool data = scope.data == "mnist" || scope.data == "fashion-mnist";
  return data && scope.named_network && scope.classes == 10 &&
         (scope.metric == "train_accuracy" || scope.metric == "running_accuracy");
}

}  // namespace sweetspot::search
