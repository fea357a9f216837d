// Trains a study whose trials are runs of a user's own program, so many side by side.
// Thread-safety: run() is called once, from one thread, while no other thread holds locks (it
// forks); request_pause() from any thread or a signal handler.
#pragma once

#include <atomic>
#include <functional>

#include "programs/program_options.hpp"
#include "run/run_progress.hpp"
#include "store/study_store.hpp"

namespace sweetspot::programs {

class ProgramRunner {
 public:
  ProgramRunner(store::StudyStore& store, const ProgramOptions& options);

  // Runs all waiting trials; `on_progress` is called about twice a second. Throws Error (system)
  // where the disk is full or no further program can be started: all that was kept stands.
  run::RunEnd run(const std::function<void(const run::RunProgress&)>& on_progress);

  void request_pause() { pause_.store(true, std::memory_order_relaxed); }

 private:
  store::StudyStore& store_;
  ProgramOptions options_;
  std::atomic<bool> pause_{false};
};

}  // namespace sweetspot::programs
