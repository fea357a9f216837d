// What a call that trains has done so far. Thread-safety: plain values, pure functions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sweetspot::trials {

struct Totals {
  int added = 0;  // trials that are new to the store
  int ended = 0;
  int reached = 0;
  std::optional<double> best_score = {};      // of the metric that is judged, the larger the better
  std::optional<uint64_t> fewest_steps = {};  // to the target
  uint64_t trial_steps = 0;
  size_t open = 0;  // trials that wait or train
};

inline void take_best(std::optional<double>& best_score, double score) {
  best_score = std::max(best_score.value_or(score), score);
}

inline void take_fewest(std::optional<uint64_t>& fewest_steps, uint64_t steps) {
  fewest_steps = std::min(fewest_steps.value_or(steps), steps);
}

}  // namespace sweetspot::trials
