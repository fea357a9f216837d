// Trains a study whose trials are runs of a user's own program, so many side by side.
// Thread-safety: run() is called once, from one thread, while no other thread holds locks (it
// forks); request_pause() from any thread or a signal handler.
#pragma once

#include <atomic>
#include <functional>

#include "run/command_options.hpp"
#include "run/run_progress.hpp"
#include "store/study_store.hpp"

namespace sweetspot::run {

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
