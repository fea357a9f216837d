// What becomes of a trial at a check: the one function that judges, whatever trains it.
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>

#include "study/settings.hpp"
#include "trials/open_trial.hpp"

namespace sweetspot::trials {

// The early-stopping rule, as it is for a study.
struct EarlyStopping {
  bool is_on = false;
  bool of_audited_optimizers = false;  // alone
  bool of_running_accuracy = false;    // the metric is a mean since step 0
  uint64_t warm_up = 0;                // steps, of the study's schedule
  double resolution = 1.0 / 5000;      // the smallest error that the metric can show
};

enum class Verdict {
  go_on,
  pause,      // until its search goes on with it
  reached,    // the target
  exhausted,  // the budget
  hopeless,   // given up by the early-stopping rule, which the trial's note tells
};

// After the last check of the trial's history.
Verdict judge(const study::Settings& settings, const EarlyStopping& rule, OpenTrial& open);

// Whether the stretch that is asked for ends the trial.
bool is_final(const study::Settings& settings, const OpenTrial& open);

// The rule alone: whether it gives the trial up now. In an audit it only notes so.
bool gives_up(const study::Settings& settings, const EarlyStopping& rule, OpenTrial& open);

// The metric that trials are judged by, the larger the better; none where the point has it not.
std::optional<double> judged_score(const study::Settings& settings, const study::Curve& curve,
                                   const study::CurvePoint& point);

}  // namespace sweetspot::trials
