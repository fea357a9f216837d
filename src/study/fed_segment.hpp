// A stretch of a trial's training that a search asks for. Thread-safety: plain values.
#pragma once

#include <cstdint>

#include "study/trial.hpp"

namespace sweetspot::study {

struct FedSegment {
  Trial trial;
  uint64_t until = 0;    // the step at which it pauses, unless it ends before
  bool is_new = false;   // the store does not know the trial yet
  bool is_last = false;  // ends at `until`, as exhausted
  bool stops = false;    // instead of training on, a paused trial ends as pruned
};

}  // namespace sweetspot::study
