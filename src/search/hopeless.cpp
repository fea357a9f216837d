#include "search/hopeless.hpp"

#include <fmt/format.h>

#include <cmath>

namespace sweetspot::search {
namespace {

constexpr double kDeadLoss = 0.977;  // of ln(classes)

}  // namespace

std::string hopeless_reason(const HopelessQuestion& q) {
  const CurveCheck& now = q.curve.back();
  const double chance_loss = std::log(static_cast<double>(q.classes));
  if (now.step >= 100 && now.loss > kDeadLoss * chance_loss) return "no better than chance";
  return "";
}

bool rule_is_audited_for(const RuleScope& scope) {
  const bool data = scope.data == "mnist" || scope.data == "fashion-mnist";
  return data && scope.named_network && scope.classes == 10 &&
         (scope.metric == "train_accuracy" || scope.metric == "running_accuracy");
}

}  // namespace sweetspot::search
