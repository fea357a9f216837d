// What the training commands can be asked for where a user's own program trains.
// Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/search_request.hpp"
#include "cli/study_request.hpp"
#include "cli/training_flags.hpp"

namespace sweetspot::cli {

struct CommandFlags {
  std::optional<std::string> command, metric_pattern, maximize, minimize, gpus, space;
  std::optional<int64_t> parallel, retries, give_up_after;
  std::optional<double> grace, stall_seconds;
  std::vector<std::string> grid, keep_environment;
  bool shell = false;
  bool retry_failed = false;
};

// Declares the flags that `kind` takes.
void declare_command_flags(CLI::App& command, study::Kind kind, CommandFlags& flags);

// Those of them that say how its runs are made, and not what is trained.
void declare_runner_flags(CLI::App& command, CommandFlags& flags);

// Of a worker, whose study is known.
void apply_worker_flags(const CommandFlags& flags, StudyRequest& request);

// Says that a program of one's own trains, before its flags are known.
void begin_command(StudyRequest& request);

// Into a request that has all other flags, but those of a space. Throws Error (usage).
void apply_command_flags(const CommandFlags& flags, const TrainingFlags& training,
                         const SearchFlags& search, StudyRequest& request);

// What the study file's keys of a program mean once all are known: a budget that nobody gave is the
// program's own, and so on. Throws Error (usage): a key or flag that only a network has.
void settle_command(StudyRequest& request);

// The values that a sweep takes of a parameter of a space. Throws Error (usage): one with a
// condition.
space::GridParameter swept_values(const space::Parameter& parameter);

}  // namespace sweetspot::cli
