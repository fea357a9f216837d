#include "report/summary/line_fit.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace sweetspot::report {

std::optional<LineFit> fit_line(const std::vector<std::pair<double, double>>& points) {
  const auto count = static_cast<double>(points.size());
  if (points.size() < 3) return std::nullopt;
  double mean_x = 0;
  double mean_y = 0;
  for (const auto& [x, y] : points) {
    mean_x += x / count;
    mean_y += y / count;
  }
  double sum_xx = 0;
  double sum_xy = 0;
  double sum_yy = 0;
  for (const auto& [x, y] : points) {
    sum_xx += (x - mean_x) * (x - mean_x);
    sum_xy += (x - mean_x) * (y - mean_y);
    sum_yy += (y - mean_y) * (y - mean_y);
  }
  if (!(sum_xx > 0)) return std::nullopt;
  LineFit fit;
  fit.count = static_cast<int>(points.size());
  fit.slope = sum_xy / sum_xx;
  fit.intercept = mean_y - fit.slope * mean_x;
  double residual = 0;
  for (const auto& [x, y] : points) residual += std::pow(y - fit.intercept - fit.slope * x, 2);
  fit.r_squared = sum_yy > 0 ? 1 - residual / sum_yy : 1;
  const double freedom = count - 2;
  const double deviation = std::sqrt(residual / freedom);
  const double quantile =
      boost::math::quantile(boost::math::complement(boost::math::students_t(freedom), 0.025));
  const double slope_half = quantile * deviation / std::sqrt(sum_xx);
  const double intercept_half =
      quantile * deviation * std::sqrt(1 / count + mean_x * mean_x / sum_xx);
  fit.slope_interval = {fit.slope - slope_half, fit.slope + slope_half};
  fit.intercept_interval = {fit.intercept - intercept_half, fit.intercept + intercept_half};
  return fit;
}

}  // namespace sweetspot::report
