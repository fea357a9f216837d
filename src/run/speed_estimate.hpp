// How fast a study trains, and how long it will take. Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "run/run_progress.hpp"
#include "study/settings.hpp"

namespace sweetspot::run {

void take_best(std::optional<double>& best_score, double score);
void take_fewest(std::optional<uint64_t>& fewest_steps, uint64_t steps);

// What a call has done so far.
struct RunTotals {
  int fed = 0;  // trials that are new to the store
  int ended = 0;
  int reached = 0;
  std::optional<double> best_score = {};
  std::optional<uint64_t> fewest_steps = {};
  uint64_t trial_steps = 0;
  size_t open = 0;  // trials that wait or train
};

// Of a study of which nothing is known yet but what is asked of it.
RunProgress progress_of(const study::Settings& settings);

class SpeedEstimate {
 public:
  // enough_ended: trials that must have ended before they tell how long the others will take.
  explicit SpeedEstimate(int enough_ended = 8) : enough_ended_(enough_ended) {}

  // With what the store had before the call; `seconds` since it began.
  RunProgress progress(const RunProgress& before, const RunTotals& totals, double seconds);

 private:
  int enough_ended_;
  std::deque<std::pair<double, uint64_t>> reports_;  // seconds, trial-steps from then on
};

}  // namespace sweetspot::run
