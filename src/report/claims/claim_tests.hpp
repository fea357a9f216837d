// What each claim measures, one function a claim; claims.cpp has their words, docs/claims.md both.
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/summary/size_summary.hpp"
#include "report/summary/summary.hpp"
#include "report/summary/trace_summary.hpp"

namespace sweetspot::report {

constexpr size_t kEnoughPoints = 5;  // for the shape of a curve

// What the parts of an article show.
struct Evidence {
  const Summary* sweep = nullptr;  // null where it has too few rates, or trainings under way
  const Summary* tuned = nullptr;
  std::optional<SizeSummary> sizes;
  std::vector<TraceLine> trace;
};

struct Finding {
  std::optional<double> number;
  bool holds = false;
  std::string detail;
};

// None: undecided, since its evidence is missing or too small.
using ClaimTest = std::optional<Finding> (*)(const Evidence&);

std::optional<Finding> most_rates_fail(const Evidence& evidence);
std::optional<Finding> curves_are_valleys(const Evidence& evidence);
std::optional<Finding> no_rate_for_all(const Evidence& evidence);
std::optional<Finding> time_varies_tenfold(const Evidence& evidence);
std::optional<Finding> adam_is_best(const Evidence& evidence);
std::optional<Finding> rmsprop_is_poor(const Evidence& evidence);
std::optional<Finding> bands_cover_four_decades(const Evidence& evidence);
std::optional<Finding> failures_split(const Evidence& evidence);

std::optional<Finding> time_is_linear(const Evidence& evidence);
std::optional<Finding> best_rate_stays(const Evidence& evidence);
std::optional<Finding> time_grows_above(const Evidence& evidence);
std::optional<Finding> one_rate_for_all_sizes(const Evidence& evidence);

std::optional<Finding> traces_converge(const Evidence& evidence);

}  // namespace sweetspot::report
