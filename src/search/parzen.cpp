#include "search/parzen.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sweetspot::search {
namespace {

constexpr size_t kFullWeight = 25;  // the latest points
constexpr double kWidest = 0.2;     // bandwidth of one point, of the range
constexpr double kNarrowest = 0.01;
constexpr double kPriorDeviation = 1;

double normal_share(double center, double deviation) {
  const double scale = deviation * std::numbers::sqrt2;
  return 0.5 * (std::erf((1 - center) / scale) + std::erf(center / scale));
}

// Of point i among n.
double raw_weight(size_t i, size_t n) {
  if (n <= kFullWeight || i + kFullWeight >= n) return 1;
  const double lowest = 1.0 / static_cast<double>(n);
  const auto ramp = static_cast<double>(n - kFullWeight);
  return lowest + (1 - lowest) * static_cast<double>(i) / ramp;
}

}  // namespace

Parzen::Parzen(std::vector<size_t> choices, std::span<const Point> points)
    : choices_(std::move(choices)) {
  const size_t n = points.size();
  const auto dimensions = static_cast<double>(choices_.size());
  const double deviation = std::max(
      kNarrowest,
      kWidest * std::pow(static_cast<double>(std::max<size_t>(n, 1)), -1 / (dimensions + 4)));
  for (const size_t count : choices_) {
    // Optuna's smoothing: one observation of the kernel's own choice, and 1 / (n + 1) of every
    // choice.
    const auto all = static_cast<double>(count);
    const double seen = 1.0 / static_cast<double>(n + 1);
    log_own_.push_back(count == 0 ? 0 : std::log((1 + seen) / (1 + all * seen)));
    log_other_.push_back(count == 0 ? 0 : std::log(seen / (1 + all * seen)));
  }
  double sum = 0;
  for (size_t i = 0; i <= n; ++i) {
    const bool is_prior = i == n;
    const double weight = is_prior ? 1 : raw_weight(i, n);
    sum += weight;
    weights_.push_back(sum);
    Kernel kernel;
    kernel.center = is_prior ? Point(choices_.size(), 0.5) : points[i];
    kernel.deviation = is_prior ? kPriorDeviation : deviation;
    kernel.log_factor = std::log(weight);
    for (size_t p = 0; p < choices_.size(); ++p) {
      if (choices_[p] > 0) {
        if (is_prior) kernel.log_factor -= std::log(static_cast<double>(choices_[p]));
        continue;
      }
      const double share = normal_share(kernel.center[p], kernel.deviation);
      kernel.log_factor -= std::log(kernel.deviation * std::sqrt(2 * std::numbers::pi) * share);
    }
    kernels_.push_back(std::move(kernel));
  }
  for (double& weight : weights_) weight /= sum;
  for (Kernel& kernel : kernels_) kernel.log_factor -= std::log(sum);
}

size_t Parzen::choice_of(size_t parameter, double unit) const {
  const auto count = choices_[parameter];
  return std::min(static_cast<size_t>(unit * static_cast<double>(count)), count - 1);
}

double Parzen::draw_number(Draws& draws, double center, double deviation) const {
  while (true) {
    const double value = center + deviation * draws.normal();
    if (value >= 0 && value <= 1) return value;
  }
}

Point Parzen::draw(Draws& draws) const {
  const auto chosen = std::lower_bound(weights_.begin(), weights_.end(), draws.uniform());
  const auto index = std::min(static_cast<size_t>(chosen - weights_.begin()), kernels_.size() - 1);
  const Kernel& kernel = kernels_[index];
  const bool is_prior = index + 1 == kernels_.size();
  Point point;
  for (size_t p = 0; p < choices_.size(); ++p) {
    if (choices_[p] == 0) {
      point.push_back(draw_number(draws, kernel.center[p], kernel.deviation));
      continue;
    }
    const auto count = static_cast<double>(choices_[p]);
    const bool is_own = !is_prior && std::log(draws.uniform()) < log_own_[p];
    const size_t own = choice_of(p, kernel.center[p]);
    size_t choice = own;
    if (is_prior) {
      choice = draws.below(choices_[p]);
    } else if (!is_own && choices_[p] > 1) {
      choice = draws.below(choices_[p] - 1);
      choice += choice >= own ? 1 : 0;
    }
    point.push_back((static_cast<double>(choice) + 0.5) / count);
  }
  return point;
}

double Parzen::log_density(const Point& point) const {
  double largest = -INFINITY;
  std::vector<double> terms;
  terms.reserve(kernels_.size());
  for (size_t i = 0; i < kernels_.size(); ++i) {
    const Kernel& kernel = kernels_[i];
    const bool is_prior = i + 1 == kernels_.size();
    double term = kernel.log_factor;
    for (size_t p = 0; p < choices_.size(); ++p) {
      if (choices_[p] == 0) {
        const double away = (point[p] - kernel.center[p]) / kernel.deviation;
        term -= 0.5 * away * away;
      } else if (!is_prior) {
        const bool is_own = choice_of(p, point[p]) == choice_of(p, kernel.center[p]);
        term += is_own ? log_own_[p] : log_other_[p];
      }
    }
    largest = std::max(largest, term);
    terms.push_back(term);
  }
  double sum = 0;
  for (const double term : terms) sum += std::exp(term - largest);
  return largest + std::log(sum);
}

}  // namespace sweetspot::search
