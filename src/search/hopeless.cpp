#include "search/hopeless.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sweetspot::search {
namespace {

// Why these, and how they were fixed: docs/early-stopping.md.
constexpr uint64_t kStartUp = 100;      // steps that even an optimizer on its way may need to move
constexpr uint64_t kRecentSteps = 150;  // the best accuracy of these counts
constexpr double kSlack = 1.2;
constexpr double kPlateauError = 0.8;
constexpr double kPlateauShare = 1.0 / 20;  // of the budget

// The smallest error of the last checks: a single unlucky check must not decide.
double recent_error(std::span<const CurveCheck> curve) {
  double error = 1;
  for (auto check = curve.rbegin(); check != curve.rend(); ++check) {
    if (check->step + kRecentSteps <= curve.back().step) break;
    error = std::min(error, 1 - check->accuracy);
  }
  return error;
}

}  // namespace

std::string hopeless_reason(const HopelessQuestion& q) {
  const CurveCheck& now = q.curve.back();
  if (now.step >= q.budget) return "";
  const double target_error = std::max(1 - q.target, q.resolution);
  if (q.running) {
    // Errors made are made: the mean over the whole budget cannot get below this.
    const double errors = (1 - now.accuracy) * static_cast<double>(now.step);
    if (errors <= target_error * static_cast<double>(q.budget)) return "";
    return "its errors so far already exceed what the target allows over the whole budget";
  }
  const uint64_t start = q.warm_up + kStartUp;
  if (now.step < start + kStartUp || q.budget <= start) return "";
  const double error = recent_error(q.curve);
  const double share =
      static_cast<double>(now.step - start) / static_cast<double>(q.budget - start);
  if (error * share > kSlack * target_error) {
    return fmt::format(
        "error {:.3f} at step {} forecasts {:.3f} at the budget; the target is {:.3f}", error,
        now.step, error * share, target_error);
  }
  if (error > kPlateauError && share > kPlateauShare) {
    return fmt::format("error still {:.3f} after {:.0f} % of the budget", error, 100 * share);
  }
  return "";
}

bool rule_is_audited_for(const RuleScope& scope) {
  const bool data = scope.data == "mnist" || scope.data == "fashion-mnist";
  return data && scope.named_network && scope.classes == 10 &&
         (scope.metric == "train_accuracy" || scope.metric == "running_accuracy");
}

}  // namespace sweetspot::search
