// A place for one run of a user's program, and how a run is begun.
// Thread-safety: one thread at a time; begun() forks, while no other thread holds locks.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "command/argument_template.hpp"
#include "command/checkpoints.hpp"
#include "command/report_reader.hpp"
#include "command/trial_run.hpp"
#include "run/command_options.hpp"
#include "run/command_trials.hpp"

namespace sweetspot::run {

struct Slot {
  std::string gpu;
  bool is_abandoned = false;  // its trial is another worker's by now
  std::optional<CommandTrial> trial;
  std::unique_ptr<command::TrialRun> run;
};

// What all runs of a study have in common.
struct RunsOfStudy {
  const study::Settings& settings;
  const command::ArgumentTemplate& arguments;
  const command::Checkpoints& checkpoints;
  const CommandOptions& options;
  const std::filesystem::path& reports;   // folder
  const command::MetricPattern* pattern;  // null: reports are JSON lines
  decltype(command::ProcessRequest::open_files) open_files;
};

// Throws Error (system) where the system has no more files or processes to give.
std::unique_ptr<command::TrialRun> begun(const RunsOfStudy& runs, const CommandTrial& open,
                                         const std::string& gpu);

}  // namespace sweetspot::run
