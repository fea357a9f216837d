// The runner: the only place where search, trainer and store meet. It feeds the cohorts with the
// study's waiting trials, judges their checks, and keeps what they report.
// Thread-safety: run() is called once, from one thread; request_pause() from any thread or a signal
// handler.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>

#include "run/run_progress.hpp"
#include "run/shared_options.hpp"
#include "store/study_store.hpp"
#include "sweetspot/image_set.hpp"

namespace sweetspot::cohorts {

struct RunOptions {
  int threads = 1;
  int lanes = 0;               // a cohort; a multiple of 8; 0: as cohort_lanes() says
  double max_seconds = 0;      // pauses the study; 0 is no limit
  bool reverse_order = false;  // of admission; results do not depend on it
  // As one of several workers.
  std::optional<run::SharedOptions> shared = {};
  std::filesystem::path rescue_file = {};  // for what a store that stays out of reach did not get
};

class StudyRunner {
 public:
  StudyRunner(store::StudyStore& store, const data::ImageSet& set, const RunOptions& options);

  // Trains all waiting trials; `on_progress` is called about twice a second.
  run::RunEnd run(const std::function<void(const run::RunProgress&)>& on_progress);

  void request_pause() { pause_.store(true, std::memory_order_relaxed); }

 private:
  store::StudyStore& store_;
  const data::ImageSet& set_;
  RunOptions options_;
  std::atomic<bool> pause_{false};
};

}  // namespace sweetspot::cohorts
