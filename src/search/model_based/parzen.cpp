#include "search/model_based/parzen.hpp"

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
  deviation_ = std::max(kNarrowest, kWidest * std::pow(static_cast<double>(std::max<size_t>(n, 1)),
                                                       -1 / (dimensions + 4)));
  for (const size_t count : choices_) {
    // Optuna's smoothing: one observation of the kernel's own choice, and 1 / (n + 1) of every
    // choice.
    const auto all = static_cast<double>(count);
    const double seen = 1.0 / static_cast<double>(n + 1);
    log_own_.push_back(count == 0 ? 0 : std::log((1 + seen) / (1 + all * seen)));
    log_other_.push_back(count == 0 ? 0 : std::log(seen / (1 + all * seen)));
  }
  double sum = 0;
  centers_.reserve((n + 1) * choices_.size());
  for (size_t i = 0; i <= n; ++i) {
    const bool is_prior = i == n;
    const double weight = is_prior ? 1 : raw_weight(i, n);
    sum += weight;
    weights_.push_back(sum);
    double factor = weight;  // of the density, before its exponential
    for (size_t p = 0; p < choices_.size(); ++p) {
      centers_.push_back(is_prior ? 0.5 : points[i][p]);
      if (choices_[p] > 0) {
        if (is_prior) factor /= static_cast<double>(choices_[p]);
        continue;
      }
      const double width = is_prior ? kPriorDeviation : deviation_;
      factor /= width * std::sqrt(2 * std::numbers::pi) * normal_share(centers_.back(), width);
    }
    log_factors_.push_back(std::log(factor));
  }
  for (double& weight : weights_) weight /= sum;
  for (double& log_factor : log_factors_) log_factor -= std::log(sum);
}

double Parzen::deviation(size_t kernel) const {
  return kernel + 1 == log_factors_.size() ? kPriorDeviation : deviation_;
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
  const auto index = std::min(static_cast<size_t>(chosen - weights_.begin()), weights_.size() - 1);
  const bool is_prior = index + 1 == weights_.size();
  Point point;
  for (size_t p = 0; p < choices_.size(); ++p) {
    if (choices_[p] == 0) {
      point.push_back(draw_number(draws, center(index, p), deviation(index)));
      continue;
    }
    const auto count = static_cast<double>(choices_[p]);
    const bool is_own = !is_prior && std::log(draws.uniform()) < log_own_[p];
    const size_t own = choice_of(p, center(index, p));
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
  const size_t kernels = log_factors_.size();
  double largest = -INFINITY;
  std::vector<double> terms(kernels);
  for (size_t i = 0; i < kernels; ++i) {
    const bool is_prior = i + 1 == kernels;
    const double precision = 1 / deviation(i);
    double term = log_factors_[i];
    for (size_t p = 0; p < choices_.size(); ++p) {
      if (choices_[p] == 0) {
        const double away = (point[p] - center(i, p)) * precision;
        term -= 0.5 * away * away;
      } else if (!is_prior) {
        const bool is_own = choice_of(p, point[p]) == choice_of(p, center(i, p));
        term += is_own ? log_own_[p] : log_other_[p];
      }
    }
    largest = std::max(largest, term);
    terms[i] = term;
  }
  // What is a millionth of a millionth of the largest says nothing.
  constexpr double kNegligible = 27.6;
  double sum = 0;
  for (const double term : terms) {
    if (term > largest - kNegligible) sum += std::exp(term - largest);
  }
  return largest + std::log(sum);
}

}  // namespace sweetspot::search
