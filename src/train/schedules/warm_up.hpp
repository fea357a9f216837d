// Warm-up (Goyal et al., arXiv 1706.02677): to 1 in a straight line over the first `steps`, then 1.
#pragma once

#include <algorithm>
#include <array>

#include "train/schedules/number.hpp"

namespace sweetspot::train {

struct WarmUp {
  static constexpr std::string_view kName = "warm-up";
  static constexpr std::array<ScheduleNumber, 1> kNumbers = {{{"steps", 500, 1, kMostSteps, true}}};
  double steps;

  double factor(double step) const { return std::min(1.0, (step + 1) / steps); }
};

}  // namespace sweetspot::train
