// Trains a study of a user's own program as a command asked for it, with progress, and pauses it at
// Ctrl-C. Thread-safety: one study at a time, from the main thread.
#pragma once

#include "cli/study_request.hpp"
#include "cli/training_flags.hpp"

namespace sweetspot::cli {

// The exit code where the program failed again and again.
constexpr int kExitGaveUp = 6;

// As a worker of a study that is there. Returns the exit code.
int run_command_worker(store::StudyStore& store, const StudyRequest& request);

// Returns the exit code.
int run_command_study(const TrainingFlags& flags, const StudyRequest& request);

}  // namespace sweetspot::cli
