// Whether others train on a study. Thread-safety: free function.
#pragma once

#include "store/study_store.hpp"

namespace sweetspot::run {

// Throws Error (study) while workers train on the study: what it is must not change under them.
void require_no_workers(store::StudyStore& store);

}  // namespace sweetspot::run
