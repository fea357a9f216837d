// How fast a study trains, and how long it will take. Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "run/run_progress.hpp"
#include "study/settings.hpp"
#include "trials/totals.hpp"

namespace sweetspot::run {

// Of a study of which nothing is known yet but what is asked of it.
RunProgress progress_of(const study::Settings& settings);

class SpeedEstimate {
 public:
  // enough_ended: trials that must have ended before they tell how long the others will take.
  explicit SpeedEstimate(int enough_ended = 8) : enough_ended_(enough_ended) {}

  // With what the store had before the call; `seconds` since it began.
  RunProgress progress(const RunProgress& before, const trials::Totals& totals, double seconds);

 private:
  int enough_ended_;
  std::deque<std::pair<double, uint64_t>> reports_;  // seconds, trial-steps from then on
};

}  // namespace sweetspot::run
