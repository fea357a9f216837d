#include "report/summary/valley_fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

namespace sweetspot::report {
namespace {

// The least squared error over all ways to cut the sequence into blocks whose means fall, then
// rise.
double brute_force_valley(const std::vector<double>& values) {
  const size_t count = values.size();
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(count);
  double total = 0;
  for (const double value : values) total += (value - mean) * (value - mean);
  double least = std::numeric_limits<double>::max();
  for (unsigned cuts = 0; cuts < (1U << (count - 1)); ++cuts) {
    std::vector<double> means;
    double error = 0;
    size_t start = 0;
    for (size_t i = 0; i < count; ++i) {
      if (i + 1 < count && (cuts >> i & 1U) == 0) continue;
      double block = 0;
      for (size_t j = start; j <= i; ++j) block += values[j];
      block /= static_cast<double>(i + 1 - start);
      for (size_t j = start; j <= i; ++j) error += (values[j] - block) * (values[j] - block);
      means.push_back(block);
      start = i + 1;
    }
    size_t at = 1;
    while (at < means.size() && means[at] <= means[at - 1]) ++at;
    while (at < means.size() && means[at] >= means[at - 1]) ++at;
    if (at >= means.size()) least = std::min(least, error);
  }
  return 1 - least / total;
}

TEST(ValleyFit, MatchesBruteForce) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> between(0, 1);
  for (int round = 0; round < 50; ++round) {
    std::vector<double> values;
    for (int i = 0; i < 9; ++i) values.push_back(between(random));
    EXPECT_NEAR(valley_fit(values), brute_force_valley(values), 1e-12);
  }
  EXPECT_EQ(valley_fit({3, 2, 1, 5, 9}), 1);
  EXPECT_EQ(valley_fit({2, 2, 2}), 1);
  EXPECT_LT(valley_fit({1, 5, 1, 5, 1, 5}), 0.5);
}

}  // namespace
}  // namespace sweetspot::report
