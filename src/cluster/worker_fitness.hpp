// Who may train on a study that several train. Thread-safety: free functions.
#pragma once

#include <string>

#include "store/study_store.hpp"

namespace sweetspot::cluster {

// Throws Error (study) where another version of the program, or a machine whose arithmetic differs,
// made the study: the results would not be those of one process.
void require_fit(const store::StudyRecord& record);

// This process, for people: what its scheduler calls it, or its host and number.
std::string worker_name();

}  // namespace sweetspot::cluster
