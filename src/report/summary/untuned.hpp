// How an optimizer fares at the rate that its authors mean to serve everywhere. Thread-safety: pure
// function.
#pragma once

#include <optional>

#include "report/summary/summary.hpp"

namespace sweetspot::report {

struct Untuned {
  double learning_rate = 0;     // of the study's, the nearest to the authors'
  std::optional<double> steps;  // mean over the seeds; none where one did not reach the target
};

// None for an optimizer that has to be tuned, and where no rate of the study is within a fifth of a
// decade of the authors'.
std::optional<Untuned> untuned(const Summary& summary, const OptimizerSummary& optimizer);

}  // namespace sweetspot::report
