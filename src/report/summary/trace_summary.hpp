// What a trace says of each of its trainings. Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "report/summary/summary.hpp"

namespace sweetspot::report {

struct TraceLine {
  study::TraceConfig config;
  uint64_t seed = 0;
  bool diverged = false;
  std::optional<double> first;  // validation accuracy at the first check
  std::optional<double> last;
  std::optional<double> best;
  // How far the accuracy ever fell below the highest one before; the accuracy's start-up, below
  // half of the best, does not count.
  double largest_fall = 0;
};

std::vector<TraceLine> summarize_trace(const Summary& summary);

}  // namespace sweetspot::report
