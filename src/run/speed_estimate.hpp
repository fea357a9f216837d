// How fast a study trains, and how long it will take. Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "run/run_progress.hpp"

namespace sweetspot::run {

// What a call has done so far.
struct RunTotals {
  int fed = 0;  // trials that are new to the store
  int ended = 0;
  int reached = 0;
  uint64_t trial_steps = 0;
  size_t open = 0;  // trials that wait or train
};

class SpeedEstimate {
 public:
  // With what the store had before the call; `seconds` since it began.
  RunProgress progress(const RunProgress& before, const RunTotals& totals, double seconds);

 private:
  std::deque<std::pair<double, uint64_t>> recent_;  // seconds, trial-steps
};

}  // namespace sweetspot::run
