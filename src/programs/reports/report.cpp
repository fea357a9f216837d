#include "programs/reports/report.hpp"

#include <cmath>

namespace sweetspot::programs {

std::optional<uint64_t> step_of(double value) {
  constexpr double kMostSteps = 9e15;  // a double counts them one by one
  if (!(value >= 0) || value > kMostSteps || value != std::floor(value)) return std::nullopt;
  return static_cast<uint64_t>(value);
}

uint64_t ReportSteps::of(const Report& report) const {
  return report.step.value_or(named_.value_or(counted_ + 1));
}

uint64_t ReportSteps::take(const Report& report) {
  const uint64_t step = of(report);
  if (report.step.has_value()) {
    named_ = step;
  } else if (!named_.has_value()) {
    counted_ = step;
  }
  return step;
}

}  // namespace sweetspot::programs
