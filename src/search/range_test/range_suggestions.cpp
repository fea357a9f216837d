#include "search/range_test/range_suggestions.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace sweetspot::search {
namespace {

constexpr double kSmoothing = 0.98;
constexpr double kDiverged = 4;
constexpr size_t kSkippedLast = 5;
constexpr size_t kSlideSteps = 15;
constexpr double kSlideThreshold = 0.005;

// Whether the loss is anywhere lower than before, by more than the mean's rounding: a suggestion
// from a curve that never falls would say where the range begins or ends, and nothing of the
// network.
bool falls(const RangeCurve& curve) {
  constexpr double kRounding = 1e-9;
  double highest = 0;
  for (const double loss : curve.losses) {
    if (loss < (1 - kRounding) * highest) return true;
    highest = std::max(highest, loss);
  }
  return false;
}

// The slope per step: central differences, one-sided at the ends.
std::vector<double> slopes_of(const std::vector<double>& losses) {
  const size_t n = losses.size();
  std::vector<double> slopes(n);
  for (size_t i = 0; i < n; ++i) {
    const size_t left = i == 0 ? 0 : i - 1;
    const size_t right = i + 1 == n ? i : i + 1;
    slopes[i] = (losses[right] - losses[left]) / static_cast<double>(right - left);
  }
  return slopes;
}

}  // namespace

double SmoothedLoss::add(double loss) {
  weighted_ = kSmoothing * weighted_ + (1 - kSmoothing) * loss;
  weight_left_ *= kSmoothing;
  mean_ = weighted_ / (1 - weight_left_);
  if (std::isfinite(mean_)) lowest_ = std::min(lowest_, mean_);
  return mean_;
}

bool SmoothedLoss::diverged() const {
  return !std::isfinite(mean_) || mean_ > kDiverged * lowest_;
}

RangeCurve recorded_curve(std::span<const double> rates, std::span<const double> losses) {
  SmoothedLoss smoothed;
  std::vector<double> means;
  size_t made = 0;
  for (const double loss : losses.first(std::min(losses.size(), rates.size()))) {
    const double mean = smoothed.add(loss);
    ++made;
    if (std::isfinite(mean)) means.push_back(mean);
    if (std::isnan(mean)) made = rates.size();  // fastai's test goes on to its end with NaN
    if (smoothed.diverged()) break;
  }
  const size_t end = std::min(means.size(), made - std::min(made, kSkippedLast));
  const size_t begin = std::min(end, rates.size() / 10);
  RangeCurve curve;
  curve.rates.assign(rates.begin() + static_cast<std::ptrdiff_t>(begin),
                     rates.begin() + static_cast<std::ptrdiff_t>(end));
  curve.losses.assign(means.begin() + static_cast<std::ptrdiff_t>(begin),
                      means.begin() + static_cast<std::ptrdiff_t>(end));
  return curve;
}

std::optional<double> steep(const RangeCurve& curve) {
  if (!falls(curve)) return std::nullopt;
  size_t steepest = 0;
  double lowest = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i + 1 < curve.losses.size(); ++i) {
    const double slope = (curve.losses[i + 1] - curve.losses[i]) /
                         (std::log(curve.rates[i + 1]) - std::log(curve.rates[i]));
    if (slope < lowest) {
      lowest = slope;
      steepest = i;
    }
  }
  return curve.rates[steepest];
}

std::optional<double> minimum(const RangeCurve& curve) {
  if (!falls(curve)) return std::nullopt;
  const auto lowest = std::min_element(curve.losses.begin(), curve.losses.end());
  return curve.rates[static_cast<size_t>(lowest - curve.losses.begin())] / 10;
}

std::optional<double> slide(const RangeCurve& curve) {
  const size_t n = curve.losses.size();
  if (!falls(curve) || n <= kSlideSteps) return std::nullopt;
  const std::vector<double> slopes = slopes_of(curve.losses);
  size_t left = n - 1 - kSlideSteps;
  double rate = curve.rates[left];
  while (std::abs(slopes[left + kSlideSteps] - slopes[left]) > kSlideThreshold) {
    rate = curve.rates[left];
    if (left == 0) break;
    --left;
  }
  return rate;
}

std::optional<double> valley(const RangeCurve& curve) {
  if (!falls(curve)) return std::nullopt;
  const std::vector<double>& losses = curve.losses;
  std::vector<size_t> length(losses.size(), 1);  // of the longest fall that ends there
  size_t last = 0;
  for (size_t i = 1; i < losses.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (losses[i] < losses[j]) length[i] = std::max(length[i], length[j] + 1);
    }
    if (length[i] > length[last]) last = i;
  }
  // The published first index is one too low, and its sections are rounded down one by one.
  const double section = static_cast<double>(length[last]) / 3;
  const size_t along = static_cast<size_t>(section) + static_cast<size_t>(section / 2);
  const size_t after_first = last + along;
  if (after_first < length[last]) return std::nullopt;
  return curve.rates[after_first - length[last]];
}

std::span<const PublishedSuggestion> published_suggestions() {
  static constexpr std::array<PublishedSuggestion, 4> kSuggestions = {
      {{"steep", steep}, {"minimum", minimum}, {"slide", slide}, {"valley", valley}}};
  return kSuggestions;
}

}  // namespace sweetspot::search
