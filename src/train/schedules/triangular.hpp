// A cyclical rate (Smith, arXiv 1506.01186): up from `floor` to 1 and down again in `period` steps,
// in straight lines, again and again.
#pragma once

#include <array>
#include <cmath>
#include <limits>

#include "train/schedules/number.hpp"

namespace sweetspot::train {

struct Triangular {
  static constexpr std::string_view kName = "triangular";
  static constexpr std::array<ScheduleNumber, 2> kNumbers = {
      {{"period", std::numeric_limits<double>::quiet_NaN(), 2, kMostSteps, true},
       {"floor", 0.1, 0, 1, false}}};
  double period;  // steps
  double floor;

  double factor(double step) const {
    const double cycles = step / period;
    const double at = cycles - std::floor(cycles);
    const double height = at < 0.5 ? 2 * at : 2 - 2 * at;
    return floor + (1 - floor) * height;
  }
};

}  // namespace sweetspot::train
