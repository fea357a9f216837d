// A place for one run of a user's program, and how a run is begun.
// Thread-safety: one thread at a time; begun() forks, while no other thread holds locks.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "programs/argument_template.hpp"
#include "programs/checkpoints.hpp"
#include "programs/program_options.hpp"
#include "programs/program_trials.hpp"
#include "programs/reports/report_reader.hpp"
#include "programs/trial_run.hpp"

namespace sweetspot::programs {

struct ProgramSlot {
  std::string gpu;
  std::optional<ProgramTrial> trial;
  std::unique_ptr<TrialRun> run;
};

// What all runs of a study have in common.
struct RunsOfStudy {
  const study::Settings& settings;
  const ArgumentTemplate& arguments;
  const Checkpoints& checkpoints;
  const ProgramOptions& options;
  const std::filesystem::path& reports;  // folder
  const MetricPattern* pattern;          // null: reports are JSON lines
  decltype(ProcessRequest::open_files) open_files;
};

// Throws Error (system) where the system has no more files or processes to give.
std::unique_ptr<TrialRun> begun(const RunsOfStudy& runs, const ProgramTrial& open,
                                const std::string& gpu);

}  // namespace sweetspot::programs
