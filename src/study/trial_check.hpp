// Whether trials are such as the study's settings can have. Thread-safety: pure function.
#pragma once

#include <vector>

#include "study/settings.hpp"
#include "study/trial.hpp"

namespace sweetspot::study {

// Of trials numbered from 0. Throws Error (study), which names the first that is not: a parameter
// that is missing, unknown, or of another kind, a choice that there is not, more steps than the
// budget.
void require_trials_of(const Settings& settings, const std::vector<Trial>& trials);

}  // namespace sweetspot::study
