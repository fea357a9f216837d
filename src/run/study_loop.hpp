// The one loop of every study: search, queue, executor and store meet here and nowhere else. It
// gives the executor what is to train, writes what the executor observed, and ends the study.
// Thread-safety: one thread; the flag may be set from any thread or a signal handler.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>

#include "run/executor.hpp"
#include "run/run_progress.hpp"
#include "run/shared_options.hpp"
#include "store/study_store.hpp"

namespace sweetspot::run {

struct LoopOptions {
  double max_seconds = 0;                    // pauses the study; 0: no limit
  std::optional<SharedOptions> shared = {};  // as one of several workers
  std::filesystem::path rescue_file = {};    // for what a store that stays out of reach did not get
  int enough_ended = 8;                      // trials that tell how long the others will take
  bool reverse_order = false;                // of admission; results do not depend on it
};

// Trains all waiting trials; `on_progress`, which may be empty, is called about twice a second.
// Once `pause` is set, by whomever, everything is kept and the call ends. Throws what the store or
// the executor throw.
RunEnd run_study(store::StudyStore& store, Executor& executor, const LoopOptions& options,
                 std::atomic<bool>& pause,
                 const std::function<void(const RunProgress&)>& on_progress);

}  // namespace sweetspot::run
