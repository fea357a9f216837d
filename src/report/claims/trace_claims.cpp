#include <fmt/format.h>

#include <algorithm>

#include "report/claims/claim_tests.hpp"

namespace sweetspot::report {
namespace {

constexpr double kConverged = 0.95;  // of the highest validation accuracy of all trainings
constexpr double kMajorFall = 0.02;  // of validation accuracy

}  // namespace

std::optional<Finding> traces_converge(const Evidence& evidence) {
  double highest = 0;
  for (const TraceLine& line : evidence.trace) highest = std::max(highest, line.best.value_or(0));
  Finding finding;
  bool others_converge = true;
  std::optional<bool> rmsprop_converges;
  for (const TraceLine& line : evidence.trace) {
    const bool converges = !line.diverged && line.last.value_or(0) >= kConverged * highest;
    if (line.config.optimizer == "rmsprop") {
      rmsprop_converges = converges;
    } else {
      others_converge = others_converge && converges;
    }
    if (line.config.optimizer == "adam") {
      finding.number = std::max(finding.number.value_or(0), line.largest_fall);
    }
    finding.detail += fmt::format("{}{} {:.1f} %", finding.detail.empty() ? "" : ", ",
                                  line.config.optimizer, 100 * line.last.value_or(0));
  }
  if (!finding.number.has_value() || !rmsprop_converges.has_value()) return std::nullopt;
  finding.holds = *finding.number <= kMajorFall && others_converge && !*rmsprop_converges;
  return finding;
}

}  // namespace sweetspot::report
