// The rate of a range test: rising geometrically from `start` to 1 over `steps`, then 1. The step
// t of n trains at start^(1 - t / n), as fastai's LRFinder; Smith (arXiv 1506.01186) rises in a
// straight line.
#pragma once

#include <array>
#include <limits>

#include "base/portable_math.hpp"
#include "train/schedules/number.hpp"

namespace sweetspot::train {

struct Rise {
  static constexpr std::string_view kName = "rise";
  static constexpr std::array<ScheduleNumber, 2> kNumbers = {
      {{"steps", std::numeric_limits<double>::quiet_NaN(), 1, kMostSteps, true},
       {"start", 1e-8, 1e-30, 1, false}}};
  double steps;
  double start;  // share of the rate

  double factor(double step) const {
    return step < steps ? portable_exp(portable_log(start) * (1 - step / steps)) : 1;
  }
};

}  // namespace sweetspot::train
