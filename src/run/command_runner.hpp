// Trains a study whose trials are runs of a user's own program, so many side by side.
// Thread-safety: run() is called once, from one thread, while no other thread holds locks (it
// forks); request_pause() from any thread or a signal handler.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "run/study_runner.hpp"
#include "store/study_store.hpp"

namespace sweetspot::run {

struct CommandOptions {
  int parallel = 1;               // trials side by side
  std::vector<std::string> gpus;  // each place gets one, in turn, as CUDA_VISIBLE_DEVICES
  double grace_seconds = 10;      // between SIGTERM and SIGKILL
  double stall_seconds = 0;       // a run without a report for so long is stopped; 0: never
  int retries = 0;                // of a trial whose run fails
  // Trials in a row that fail alike end the call; five times as many once any has worked, since a
  // failure may be its config's then. 0: never.
  int give_up_after = 5;
  double max_seconds = 0;                    // pauses the study; 0: no limit
  std::optional<SharedOptions> shared = {};  // as one of several workers
  std::filesystem::path rescue_file = {};    // for what a store that stays out of reach did not get
  // For checkpoints, logs and report files; made where it is missing.
  std::filesystem::path files;
};

// Throws Error (usage): placeholders and parameters that do not go together, a program that is not
// there.
void require_command(const study::Settings& settings);

// The same, and for a search or grid that needs what is not given.
void require_runnable(const study::Settings& settings);

// Creates the study or extends it. Throws Error (study) that names the first field in which the
// settings differ. With `retry_failed`, trials that failed wait again.
void prepare_command_study(store::StudyStore& store, const study::Settings& settings,
                           bool retry_failed);

class CommandRunner {
 public:
  CommandRunner(store::StudyStore& store, const CommandOptions& options);

  // Runs all waiting trials; `on_progress` is called about twice a second. Throws Error (system)
  // where the disk is full or no further program can be started: all that was kept stands.
  RunEnd run(const std::function<void(const RunProgress&)>& on_progress);

  void request_pause() { pause_.store(true, std::memory_order_relaxed); }

 private:
  store::StudyStore& store_;
  CommandOptions options_;
  std::atomic<bool> pause_{false};
};

}  // namespace sweetspot::run
