// The flags of the commands that train: what was given on the command line, which wins over a study
// file. Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/study_request.hpp"

namespace CLI {
class App;
}

namespace sweetspot::cli {

struct TrainingFlags {
  std::string file;
  std::optional<std::string> data, model, optimizers, learning_rates, target, semantics, schedule,
      store, study, scales, configs;
  std::optional<double> width, max_trial_seconds, max_seconds, lease, patience;
  std::optional<int64_t> budget, check_every, batch_size, seed, seeds, threads, lanes;
  std::vector<std::string> set;
  bool no_early_stop = false;
  bool early_stop = false;
  bool audit = false;
  bool dry_run = false;
  bool print_config = false;
};

constexpr const char* kLanesHelp = "Trials a cohort: 8, 16 or 32 [as suits the processor]";

// Declares the flags that `kind` takes; they are filled in when the command line is parsed.
void declare_training_flags(CLI::App& command, study::Kind kind, TrainingFlags& flags);

// The flags of a worker of a shared study.
void declare_worker_flags(CLI::App& command, TrainingFlags& flags);

// Throws Error (usage).
void apply_flags(const TrainingFlags& flags, StudyRequest& request);

}  // namespace sweetspot::cli
