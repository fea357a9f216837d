// All that `sweetspot sweep` can be asked for, whether by a study file or by flags.
// Thread-safety: plain values.
#pragma once

#include <string>

#include "study/settings.hpp"

namespace sweetspot::cli {

struct SweepRequest {
  study::Settings settings;
  std::string study = "sweep.db";
  int threads = 0;  // 0: all processors
  int lanes = 8;
  double max_seconds = 0;  // 0: no limit
};

// The experiment's defaults: all six optimizers, 1e-6:100:6.
SweepRequest default_request();

// "rmsprop.decay=0.99" or "dropout=0.3" into the settings. Throws Error (usage).
void apply_number(const std::string& assignment, study::Settings& settings);

}  // namespace sweetspot::cli
