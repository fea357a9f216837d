// A trial that has not ended. Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "search/hopeless.hpp"
#include "study/trial.hpp"

namespace sweetspot::trials {

// Where a training goes on from: bytes that its executor alone can read.
using StateBytes = std::vector<uint8_t>;

struct OpenTrial {
  study::Trial trial;
  // The stretch of its training that is asked for: it pauses at `until`, or ends there as
  // exhausted, where it is the last.
  uint64_t from = 0;
  uint64_t until = 0;
  bool is_last = false;
  std::optional<StateBytes> state = {};          // none: from step 0
  std::vector<search::CurveCheck> history = {};  // the score at each step that had one
  // Of what was observed, of whatever metric.
  std::optional<study::CurvePoint> point = {};  // the last, in its executor's order of metrics
  uint64_t last_step = 0;
  bool has_observed = false;  // anything, itself or as the trial that it is a copy of
  uint64_t interval = 0;      // the most steps between two points

  int failures = 0;          // that were tried again
  std::string trouble = {};  // what is said of a trial that went on all the same
};

}  // namespace sweetspot::trials
