// Beside means that are summed one by one, over every width.
#include "search/running_means.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "search/draws.hpp"

namespace sweetspot::search {
namespace {

MetricCurve noisy_curve(uint64_t seed, size_t size, double noise, double bend) {
  Draws draws(seed, size);
  MetricCurve curve;
  for (size_t i = 0; i < size; ++i) {
    const double way = static_cast<double>(i + 1) / static_cast<double>(size);
    curve.push_back({i + 1, 1 - 0.1 / way + 0.05 * std::sin(bend * way) + noise * draws.normal()});
  }
  return curve;
}

long double mean_of(const MetricCurve& curve, size_t first, size_t width) {
  long double sum = 0;
  for (size_t i = first; i < first + width; ++i) sum += curve[i].metric;
  return sum / static_cast<long double>(width);
}

long double misfit_of(const MetricCurve& curve, size_t width) {
  const size_t half = curve.size() / 2;
  const size_t first = std::max<size_t>(half, 1);
  long double noise = 0;
  for (size_t i = first; i + 1 < curve.size(); ++i) {
    const long double bend = curve[i - 1].metric - 2.0L * curve[i].metric + curve[i + 1].metric;
    noise += bend * bend / 6;
  }
  noise /= static_cast<long double>(curve.size() - 1 - first);
  if (!(noise > 0)) return 0;
  long double squares = 0;
  size_t count = 0;
  for (size_t i = std::max(half, width / 2); i + width / 2 < curve.size(); ++i) {
    const long double off = curve[i].metric - mean_of(curve, i - width / 2, width);
    squares += off * off;
    ++count;
  }
  return squares / static_cast<long double>(count) / noise + 2.0L / static_cast<long double>(width);
}

size_t plain_best_width(const std::vector<MetricCurve>& curves) {
  size_t shortest = SIZE_MAX;
  for (const MetricCurve& curve : curves) shortest = std::min(shortest, curve.size());
  size_t best = 1;
  long double least = INFINITY;
  for (size_t width = 1; shortest >= 4 && width <= shortest / 2; width += 2) {
    long double sum = 0;
    for (const MetricCurve& curve : curves) sum += misfit_of(curve, width);
    if (sum < least) {
      least = sum;
      best = width;
    }
  }
  return best;
}

std::vector<const MetricCurve*> all_of(const std::vector<MetricCurve>& curves) {
  std::vector<const MetricCurve*> all;
  for (const MetricCurve& curve : curves) all.push_back(&curve);
  return all;
}

TEST(RunningMeans, AreThoseThatAreSummedOneByOne) {
  for (const size_t size : {1U, 2U, 5U, 20U, 333U}) {
    const MetricCurve curve = noisy_curve(1, size, 0.1, 3);
    for (size_t width = 1; width <= size; width += 1 + width / 8) {
      for (const size_t first : {size_t{0}, (size - width) / 3, size - width}) {
        const std::vector<double> means = running_means(curve, width, first, size - width);
        ASSERT_EQ(means.size(), size - width - first + 1);
        for (size_t i = 0; i < means.size(); ++i) {
          ASSERT_NEAR(means[i], static_cast<double>(mean_of(curve, first + i, width)), 1e-14)
              << size << ' ' << width << ' ' << i;
        }
      }
    }
  }
}

// A training's first losses may be beyond all that follow.
TEST(RunningMeans, LoseNothingToALargeValueElsewhere) {
  MetricCurve curve = noisy_curve(2, 5000, 0.1, 3);
  curve[0].metric = -1e30;
  const std::vector<double> means = running_means(curve, 101, 2500, 4899);
  for (size_t i = 0; i < means.size(); i += 97) {
    ASSERT_NEAR(means[i], static_cast<double>(mean_of(curve, 2500 + i, 101)), 1e-13) << i;
  }
}

TEST(RunningMeans, TheBestWidthIsThatOfEveryWidthTried) {
  size_t widest = 0;
  for (const size_t size : {3U, 4U, 7U, 20U, 101U, 600U, 1000U}) {
    for (const double bend : {0.0, 3.0, 30.0}) {
      std::vector<MetricCurve> curves;
      for (uint64_t seed = 1; seed <= 3; ++seed) {
        curves.push_back(noisy_curve(seed, size + 2 * seed, 3, bend));
      }
      const size_t width = best_width(all_of(curves));
      EXPECT_EQ(width, plain_best_width(curves)) << size << ' ' << bend;
      widest = std::max(widest, width);
    }
  }
  EXPECT_GT(widest, 99U);
  EXPECT_EQ(best_width({}), 1U);
}

TEST(RunningMeans, CurvesInWhichNothingDiffersAreTakenAsTheyAre) {
  const std::vector<MetricCurve> curves(2, MetricCurve(50, {1, 0.5}));
  EXPECT_EQ(best_width(all_of(curves)), 1U);
}

// With sums anew for each mean this would take days.
TEST(RunningMeans, ManyReportsTakeNoLonger) {
  std::vector<MetricCurve> curves;
  for (uint64_t seed = 1; seed <= 3; ++seed) curves.push_back(noisy_curve(seed, 300'000, 0.1, 3));
  EXPECT_GT(best_width(all_of(curves)), 511U);
}

}  // namespace
}  // namespace sweetspot::search
