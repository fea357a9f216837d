// A straight line through points, by ordinary least squares. Thread-safety: pure functions.
#pragma once

#include <optional>
#include <utility>
#include <vector>

namespace sweetspot::report {

// y = intercept + slope x. The intervals hold each parameter with 95 % confidence, by Student's t
// with count - 2 degrees of freedom (Draper & Smith, Applied Regression Analysis, ch. 1).
struct LineFit {
  double intercept = 0;
  double slope = 0;
  double r_squared = 0;  // share of the variance of y that the line explains
  std::pair<double, double> intercept_interval;
  std::pair<double, double> slope_interval;
  int count = 0;  // points
};

// None for fewer than three points or where all x are equal.
std::optional<LineFit> fit_line(const std::vector<std::pair<double, double>>& points);

}  // namespace sweetspot::report
