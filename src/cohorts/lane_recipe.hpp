// A trial's config into what the trainer takes. Thread-safety: pure function.
#pragma once

#include "study/settings.hpp"
#include "study/trial.hpp"
#include "train/lane_block.hpp"

namespace sweetspot::cohorts {

// `schedule` is the settings', read. Throws Error (usage) for a number that the optimizer has not.
train::LaneRecipe recipe_of(const study::Settings& settings, const train::Schedule& schedule,
                            const study::Trial& trial);

}  // namespace sweetspot::cohorts
