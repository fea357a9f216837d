// Cosine annealing with warm restarts (Loshchilov and Hutter, SGDR, arXiv 1608.03983): from 1 to
// `floor` along half a cosine in `period` steps, again and again, each period `growth` times as
// long as the one before.
#pragma once

#include <array>
#include <cmath>
#include <limits>

#include "base/portable_math.hpp"
#include "train/schedules/number.hpp"

namespace sweetspot::train {

struct CosineRestarts {
  static constexpr std::string_view kName = "cosine";
  static constexpr std::array<ScheduleNumber, 3> kNumbers = {
      {{"period", std::numeric_limits<double>::quiet_NaN(), 1, kMostSteps, true},
       {"growth", 1, 1, 100, false},
       {"floor", 0, 0, 1, false}}};
  double period;  // steps
  double growth;
  double floor;

  double factor(double step) const {
    double length = period;
    if (growth == 1) step -= length * std::floor(step / length);
    while (step >= length) {
      step -= length;
      length *= growth;
    }
    return floor + (1 - floor) * (1 + portable_cos_pi(step / length)) / 2;
  }
};

}  // namespace sweetspot::train
