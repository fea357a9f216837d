#include "search/running_means.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace sweetspot::search {
namespace {

constexpr size_t kShortest = 4;  // that tells of noise

// The mean of squared second differences over a curve's second half: the noise's variance.
double noise_of(const MetricCurve& curve) {
  const size_t first = std::max<size_t>(curve.size() / 2, 1);
  double noise = 0;
  for (size_t i = first; i + 1 < curve.size(); ++i) {
    noise += std::pow(curve[i - 1].metric - 2 * curve[i].metric + curve[i + 1].metric, 2) / 6;
  }
  return noise / static_cast<double>(curve.size() - 1 - first);
}

// Mallows' Cp in units of the noise's variance.
double misfit(const MetricCurve& curve, double noise, size_t width) {
  const size_t first = std::max(curve.size() / 2, width / 2);
  const std::vector<double> means =
      running_means(curve, width, first - width / 2, curve.size() - width);
  double squares = 0;
  for (size_t i = 0; i < means.size(); ++i) {
    squares += std::pow(curve[first + i].metric - means[i], 2);
  }
  return squares / static_cast<double>(means.size()) / noise + 2 / static_cast<double>(width);
}

// The next width to try: every odd one as far as usual curves go, then by a quarter.
size_t wider(size_t width) {
  constexpr size_t kEveryOne = 511;
  return width < kEveryOne ? width + 2 : (width + width / 4) | 1;
}

}  // namespace

// Windows are cut at every multiple of the width, so that each is the end of one block and the
// beginning of the next: sums alone, which lose nothing to a large value elsewhere in the curve.
std::vector<double> running_means(const MetricCurve& curve, size_t width, size_t first,
                                  size_t last) {
  std::vector<double> means(last - first + 1);
  const auto n = static_cast<double>(width);
  for (size_t block = first; block <= last; block += width) {
    const size_t end = std::min(block + width, last + 1);  // of the starts in this block
    double sum = 0;
    for (size_t i = block + width; i > block; --i) {
      sum += curve[i - 1].metric;
      if (i - 1 < end) means[i - 1 - first] = sum;
    }
    sum = 0;
    for (size_t i = block + 1; i < end; ++i) {
      sum += curve[i - 1 + width].metric;
      means[i - first] += sum;
    }
  }
  for (double& mean : means) mean /= n;
  return means;
}

size_t best_width(const std::vector<const MetricCurve*>& curves) {
  size_t shortest = SIZE_MAX;
  for (const MetricCurve* curve : curves) shortest = std::min(shortest, curve->size());
  if (curves.empty() || shortest < kShortest) return 1;
  std::vector<double> noises;
  for (const MetricCurve* curve : curves) noises.push_back(noise_of(*curve));
  size_t best = 1;
  double least = INFINITY;
  for (size_t width = 1; width <= shortest / 2; width = wider(width)) {
    double sum = 0;
    for (size_t k = 0; k < curves.size(); ++k) {
      // Where nothing differs there is nothing to fit.
      if (noises[k] > 0) sum += misfit(*curves[k], noises[k], width);
    }
    if (sum < least) {
      least = sum;
      best = width;
    }
  }
  return best;
}

}  // namespace sweetspot::search
