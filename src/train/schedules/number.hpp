// What a schedule can be asked for. Thread-safety: plain values.
#pragma once

#include <string_view>

namespace sweetspot::train {

struct ScheduleNumber {
  std::string_view name;
  double standard;  // NaN: the budget in steps
  double low;       // smallest allowed value
  double high;      // and the largest
  bool whole;       // steps
};

constexpr double kMostSteps = 1e9;

}  // namespace sweetspot::train
