// In which order trials of networks are best started. Thread-safety: pure functions.
#pragma once

#include <vector>

#include "study/trial.hpp"

namespace sweetspot::cohorts {

// Indices of `trials`: search::admission_order() by their optimizers' usual rates.
std::vector<size_t> admission_order_of(const std::vector<study::Trial>& trials);

}  // namespace sweetspot::cohorts
