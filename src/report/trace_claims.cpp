#include "report/claim_tests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/trace_summary.hpp"

namespace sweetspot::report {
namespace {

constexpr double kConverged = 0.95;  // of the highest validation accuracy of all trainings
constexpr double kMajorFall = 0.02;  // of the same

}  // namespace

// 13
Claim traces_converge(const Summary* trace) {
  Claim claim = {
      .id = 13,
      .claim = "In the trace all but RMSProp converge, and Adam has no major fall.",
      .threshold = fmt::format("at most {}, every other training ending above {} of the highest "
                               "accuracy of all, and RMSProp not",
                               kMajorFall, kConverged),
      .test = "Adam's largest fall of validation accuracy from its highest before"};
  if (trace == nullptr) return claim;
  double highest = 0;
  for (const TraceLine& line : summarize_trace(*trace)) {
    highest = std::max(highest, line.best.value_or(0));
  }
  bool others_converge = true;
  std::optional<bool> rmsprop_converges;
  for (const TraceLine& line : summarize_trace(*trace)) {
    const bool converges = !line.diverged && line.last.value_or(0) >= kConverged * highest;
    if (line.config.optimizer == "rmsprop") {
      rmsprop_converges = converges;
    } else {
      others_converge = others_converge && converges;
    }
    if (line.config.optimizer == "adam") {
      claim.number = std::max(claim.number.value_or(0), line.largest_fall);
    }
    claim.detail += fmt::format("{}{} {:.1f} %", claim.detail.empty() ? "" : ", ",
                                line.config.optimizer, 100 * line.last.value_or(0));
  }
  if (!claim.number.has_value() || !rmsprop_converges.has_value()) return claim;
  claim.verdict = verdict_if(*claim.number <= kMajorFall && others_converge && !*rmsprop_converges);
  return claim;
}

}  // namespace sweetspot::report
