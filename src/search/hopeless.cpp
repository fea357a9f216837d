#include "search/hopeless.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sweetspot::search {
namespace {

// The smallest error of the last checks: a single unlucky check must not decide.
double recent_error(std::span<const CurveCheck> curve, uint64_t recent) {
  double error = 1;
  for (auto check = curve.rbegin(); check != curve.rend(); ++check) {
    if (check->step + recent <= curve.back().step) break;
    error = std::min(error, 1 - check->metric);
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
    const double errors = (1 - now.metric) * static_cast<double>(now.step);
    if (errors <= target_error * static_cast<double>(q.budget)) return "";
    return "its errors so far already exceed what the target allows over the whole budget";
  }
  const uint64_t start = q.warm_up + q.constants.start_up;
  if (now.step < start + q.constants.start_up || q.budget <= start) return "";
  const double error = recent_error(q.curve, q.constants.recent);
  const double share =
      static_cast<double>(now.step - start) / static_cast<double>(q.budget - start);
  if (error * share > q.constants.slack * target_error) {
    return fmt::format(
        "error {:.3f} at step {} forecasts {:.3f} at the budget; the target is {:.3f}", error,
        now.step, error * share, target_error);
  }
  if (error > q.constants.plateau_error && share > q.constants.plateau_share) {
    return fmt::format("error still {:.3f} after {:.0f} % of the budget", error, 100 * share);
  }
  return "";
}

bool rule_is_audited_for(const RuleScope& scope) {
  const bool data = scope.data == "mnist" || scope.data == "fashion-mnist";
  const bool model = scope.model == "tiny" || scope.model == "small" || scope.model == "tutorial";
  return data && model && scope.fixed_rate && scope.classes == 10 &&
         (scope.metric == "train_accuracy" || scope.metric == "running_accuracy");
}

bool rule_is_audited_with(std::string_view optimizer) {
  constexpr std::array<std::string_view, 6> kAudited = {"gd",       "momentum", "adagrad",
                                                        "adadelta", "rmsprop",  "adam"};
  return std::find(kAudited.begin(), kAudited.end(), optimizer) != kAudited.end();
}

}  // namespace sweetspot::search
