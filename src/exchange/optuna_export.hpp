// A study as Optuna's: what of ours is what there (docs/optuna.md says it to users).
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "exchange/optuna_study.hpp"
#include "report/summary/summary.hpp"

namespace sweetspot::exchange {

// What a study's trials are judged by, as Optuna sees it.
struct Goal {
  bool maximize = false;
  bool is_best = false;  // of a metric within the budget, not the steps to a target
  std::string value;     // what a complete trial's value is, in words
  std::string reported;  // the metric whose values are the intermediate ones
};
Goal goal_of(const study::Settings& settings);

// Our studies keep no times on the clock, and Optuna wants some: the trials stand one after the
// other, each as long as its compute seconds, the last one ends at `ended` (microseconds since
// 1970).
OptunaStudy optuna_study(const report::Summary& summary, const std::string& name, int64_t ended);

}  // namespace sweetspot::exchange
