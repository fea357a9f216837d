// A first look at a user's own program: one short run, and one that goes on from what it saved.
// Thread-safety: free functions; they fork (command/trial_process.hpp).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "programs/program_options.hpp"
#include "programs/reports/report_reader.hpp"
#include "study/settings.hpp"

namespace sweetspot::programs {

struct ProgramCheck {
  std::string command;               // as it was run
  std::vector<std::string> metrics;  // that it reported
  uint64_t reports = 0;
  bool counts_steps = false;  // its reports have steps
  uint64_t last_step = 0;
  std::optional<uint64_t> diverged_at;  // the step at which the metric sought was no number
  uint64_t report_interval = 0;         // steps between its first two reports; 0: unknown
  double seconds = 0;                   // of the run,
  double seconds_to_first = 0;          // to its first report,
  double steps_per_second = 0;          // and after that; 0: too few to tell
  bool has_ended = false;               // by itself
  std::string failure;                  // of the run; empty: none
  std::string log;                      // its last lines
  LineCounts lines;
  bool has_saved = false;              // something into the checkpoint folder
  std::optional<uint64_t> went_on_at;  // the first step of a second run, from that folder
  bool was_interrupted = false;        // then the rest says little
};

// Runs the config in the middle of the space, for at most so many seconds; once `interrupted`, ends
// it at once. Throws Error (usage) where the command and the parameters do not go together.
ProgramCheck check_program(const study::Settings& settings, const ProgramOptions& options,
                           double seconds, const std::atomic<bool>& interrupted);

}  // namespace sweetspot::programs
