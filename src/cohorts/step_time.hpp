// What a study will cost, measured by a short run. Thread-safety: free function.
#pragma once

#include <cstddef>

#include "study/settings.hpp"
#include "sweetspot/image_set.hpp"

namespace sweetspot::cohorts {

// Seconds of one core for one step of one trial in full lanes: the median of a few steps.
double measured_step_seconds(const study::Settings& settings, const data::ImageSet& set,
                             size_t lanes);

}  // namespace sweetspot::cohorts
