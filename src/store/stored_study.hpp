// The one way from a store to what is shown, drawn, trained again or gone on with: a study whose
// record and trials are checked, by themselves and against one another.
// Thread-safety: free functions.
#pragma once

#include <vector>

#include "store/study_store.hpp"

namespace sweetspot::store {

struct StoredStudy {
  StudyRecord record;
  std::vector<study::Trial> trials;  // a trial's number is its place
};

// Throws Error (study) where the store holds no study, or one that is damaged.
StoredStudy stored_study(StudyStore& store);

// The trials of a study with those settings.
std::vector<study::Trial> stored_trials(StudyStore& store, const study::Settings& settings);

}  // namespace sweetspot::store
