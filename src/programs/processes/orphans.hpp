// What is left of a trial's program whose watcher was killed (trial_process.hpp).
// Thread-safety: free functions.
#pragma once

#include <sys/types.h>

#include <string>

namespace sweetspot::programs {

// The variable that all processes of a program have from it, by which they are known.
inline constexpr const char* kRunVariable = "SWEETSPOT_RUN";

// Kills every process of a session, and every one that has `mark` as that variable, whatever its
// parent, group and session are.
void end_orphans(pid_t session, const std::string& mark);

}  // namespace sweetspot::programs
