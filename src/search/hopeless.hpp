// The rule that gives up trials which cannot reach their target: what it sees, what it concludes.
// Its reason, its constants and how often it errs are in docs/notes/early-stopping.md.
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sweetspot::search {

// One check of the trial's own curve.
struct CurveCheck {
  uint64_t step;
  double metric;  // that trials are judged by; the larger the better
};

// Why these, and how they were fixed: docs/notes/early-stopping.md.
struct HopelessConstants {
  uint64_t start_up = 50;  // steps that even an optimizer on its way may need to move
  uint64_t recent = 200;   // steps, of which the best accuracy counts
  double slack = 1.2;      // of the target's error, for noise
  double plateau_error = 0.85;
  double plateau_share = 1.0 / 40;  // of the budget
};

struct HopelessQuestion {
  double target = 0.97;               // of the accuracy
  bool running = false;               // the accuracy is a mean since step 0
  uint64_t budget = 8000;             // steps
  uint64_t warm_up = 0;               // steps of the schedule's warm-up, where there is one
  double resolution = 1.0 / 5000;     // the smallest error that the accuracy can show
  std::span<const CurveCheck> curve;  // ascending; the last is now
  HopelessConstants constants = {};
};

// Why the trial is given up now, in a few words; empty while it should go on.
std::string hopeless_reason(const HopelessQuestion& question);

// Whether the rule was audited for such a study: an image set of ten classes under tiny, small or
// tutorial, a fixed rate, train or running accuracy. Elsewhere it is off unless asked for.
struct RuleScope {
  std::string model;  // "" for a network of one's own
  int classes = 10;
  std::string metric;
  std::string data;
  bool fixed_rate = true;
};
bool rule_is_audited_for(const RuleScope& scope);

// Whether it was audited with such an optimizer: the experiment's six.
bool rule_is_audited_with(std::string_view optimizer);

}  // namespace sweetspot::search
