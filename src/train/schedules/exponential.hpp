// Exponential decay: decay^(step / every), without stairs, as TensorFlow's exponential_decay.
#pragma once

#include <array>

#include "base/portable_math.hpp"
#include "train/schedules/number.hpp"

namespace sweetspot::train {

struct ExponentialDecay {
  static constexpr std::string_view kName = "exponential";
  static constexpr std::array<ScheduleNumber, 2> kNumbers = {
      {{"decay", 0.96, 1e-6, 1, false}, {"every", 1000, 1, kMostSteps, true}}};
  double decay;
  double every;  // steps

  double factor(double step) const { return portable_exp(portable_log(decay) * (step / every)); }
};

}  // namespace sweetspot::train
