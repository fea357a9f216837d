// A report of a program's metrics, and the step that it belongs to. Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sweetspot::programs {

struct Report {
  std::optional<uint64_t> step;  // none: the line names no step
  // None where the line says null; NaN and infinity are numbers that are not finite.
  std::map<std::string, std::optional<double>> metrics;
  std::vector<std::string> texts = {};  // names whose values are texts: they were left out
  bool has_bad_step = false;  // a step that is no whole number from 0: such a report is of no use
};

// None where it is no whole number from 0.
std::optional<uint64_t> step_of(double value);

// The step of each report of a run. One that names none belongs to the last step that one named, or
// where none ever did, counts as a step itself.
class ReportSteps {
 public:
  explicit ReportSteps(uint64_t counted = 0) : counted_(counted) {}

  // Of the report that comes next.
  uint64_t of(const Report& report) const;
  uint64_t take(const Report& report);

 private:
  uint64_t counted_;  // reports without a step
  std::optional<uint64_t> named_;
};

}  // namespace sweetspot::programs
