// The early-stopping rule, replayed over the curves of a study that was trained without it. The
// rule sees nothing but a trial's own curve, so a replay gives what `sweep --audit` reports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "search/hopeless.hpp"
#include "study/settings.hpp"
#include "study/trial.hpp"
#include "sweetspot/outcome.hpp"

namespace sweetspot::bench {

struct RecordedTrial {
  study::Trial trial;
  std::vector<search::CurveCheck> curve;  // of the target's metric
};

struct RecordedStudy {
  std::string name;
  study::Settings settings;
  std::vector<RecordedTrial> trials;  // that ended
};

// Throws Error (study).
RecordedStudy read_study(const char* file);

// The step at which the rule gives the trial up, or the trial's last.
uint64_t last_step(const study::Settings& settings, const RecordedTrial& recorded,
                   const search::HopelessConstants& constants);

struct Tally {
  int reached = 0;       // trials
  int wrong = 0;         // of these, given up
  uint64_t failing = 0;  // steps of the others
  uint64_t saved = 0;    // of these, not trained

  double share_saved() const {
    return failing > 0 ? static_cast<double>(saved) / static_cast<double>(failing) : 0;
  }
};

Tally replay(const RecordedStudy& study, const search::HopelessConstants& constants);

}  // namespace sweetspot::bench
