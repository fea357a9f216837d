// How far a call that trains a study is, and how it ended. Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace sweetspot::run {

struct RunProgress {
  int trials = 0;
  int ended = 0;
  int reached = 0;
  bool has_target = true;
  std::string metric = {};  // that trials are judged by,
  bool is_minimized = false;
  std::optional<double> best_score = {};      // and the best of it so far, the larger the better
  std::optional<uint64_t> fewest_steps = {};  // to the target
  uint64_t trial_steps = 0;                   // of all calls
  double steps_per_second = 0;                // between the last reports; 0 before the second
  double seconds = 0;                         // of this call
  double seconds_left = 0;                    // an estimate; negative while there is none
  uint64_t cost = 0;                          // steps that a search may take; else 0
  int cost_trials = 0;                        // the same in trials
  bool is_over = false;                       // nothing trains any more
  std::string trouble = {};                   // why nothing can be written just now; empty: it can
};

struct RunEnd {
  bool paused = false;
  std::string why;                  // of the pause
  std::string failure;              // that the call gave up for; empty: none
  std::string unreachable = {};     // why the store was given up
  int rescued = 0;                  // trials that stand in the rescue file
  std::filesystem::path logs = {};  // of programs of one's own: the folder of their output
};

}  // namespace sweetspot::run
