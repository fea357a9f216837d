// One cycle (Smith and Topin, arXiv 1708.07120), with half cosines as PyTorch's OneCycleLR: from
// `start` to 1 over the first `rise` of the `steps`, then down to `end`; and there it stays.
#pragma once

#include <algorithm>
#include <array>
#include <limits>

#include "base/portable_math.hpp"
#include "train/schedules/number.hpp"

namespace sweetspot::train {

struct OneCycle {
  static constexpr std::string_view kName = "one-cycle";
  static constexpr std::array<ScheduleNumber, 4> kNumbers = {
      {{"steps", std::numeric_limits<double>::quiet_NaN(), 2, kMostSteps, true},
       {"rise", 0.3, 0.001, 0.999, false},
       {"start", 0.04, 0, 1, false},
       {"end", 4e-6, 0, 1, false}}};
  double steps;
  double rise;
  double start;
  double end;

  double factor(double step) const {
    const double top = std::max(1.0, rise * steps - 1);
    const double last = std::max(top + 1, steps - 1);
    if (step < top) return between(start, 1, step / top);
    return between(1, end, std::min(1.0, (step - top) / (last - top)));
  }

 private:
  static double between(double from, double to, double share) {
    return to + (from - to) * (1 + portable_cos_pi(share)) / 2;
  }
};

}  // namespace sweetspot::train
