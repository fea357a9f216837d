// A study of a user's own program: what can be run, its record and its trials. Thread-safety: as
// the store.
#pragma once

#include "store/study_store.hpp"
#include "study/settings.hpp"

namespace sweetspot::programs {

// Throws Error (usage): placeholders and parameters that do not go together, a program that is not
// there.
void require_program(const study::Settings& settings);

// The same, and for a search or grid that needs what is not given.
void require_runnable(const study::Settings& settings);

// Creates the study or extends it. Throws Error (study) that names the first field in which the
// settings differ. With `retry_failed`, trials that failed wait again.
void prepare_program_study(store::StudyStore& store, const study::Settings& settings,
                           bool retry_failed);

}  // namespace sweetspot::programs
