// The one way from a store to what is shown, drawn, trained again or gone on with: a study whose
// record and trials are checked, by themselves and against one another.
// Thread-safety: free functions.
#pragma once

#include <vector>

#include "store/study_store.hpp"

namespace sweetspot::store {

struct StoredStudy {
  StudyRecord record;
  std::vector<study::Trial> trials;  // by number; without those that are left out it is the place
};

// Throws Error (study) where the store holds no study, or one that is damaged.
StoredStudy stored_study(StudyStore& store);

// Throws Error (usage) for a number that no trial has, or whose trial was left out.
const study::Trial& trial_of_number(const std::vector<study::Trial>& trials, int number);

// The trials of a study with those settings.
std::vector<study::Trial> stored_trials(StudyStore& store, const study::Settings& settings);

}  // namespace sweetspot::store
