// Against curves whose suggestions follow from the definitions by hand.
#include "search/range_test/range_suggestions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace sweetspot::search {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

// Ten rates a decade from 1e-5 on.
std::vector<double> rates(size_t count) {
  std::vector<double> rates;
  for (size_t i = 0; i < count; ++i) {
    rates.push_back(1e-5 * std::pow(10, static_cast<double>(i) / 10));
  }
  return rates;
}

RangeCurve curve(size_t count, const std::function<double(double)>& loss) {
  RangeCurve curve;
  curve.rates = rates(count);
  for (size_t i = 0; i < count; ++i) curve.losses.push_back(loss(static_cast<double>(i)));
  return curve;
}

// Falls by 0.1 a point to `turn`, then rises by 0.2.
RangeCurve valley_at(double turn) {
  return curve(
      50, [turn](double i) { return i <= turn ? 6 - 0.1 * i : 6 - 0.1 * turn + 0.2 * (i - turn); });
}

void expect_none(const RangeCurve& curve) {
  for (const PublishedSuggestion& published : published_suggestions()) {
    EXPECT_FALSE(published.suggest(curve).has_value()) << published.name;
  }
}

TEST(SmoothedLoss, IsTheWeightedMean) {
  SmoothedLoss smoothed;
  EXPECT_DOUBLE_EQ(smoothed.add(1), 1);
  EXPECT_NEAR(smoothed.add(0), 0.98 / 1.98, 1e-15);
  EXPECT_NEAR(smoothed.add(3), (0.98 * 0.98 + 3) / (1 + 0.98 + 0.98 * 0.98), 1e-14);
}

TEST(SmoothedLoss, DivergesAboveFourTimesItsLowest) {
  SmoothedLoss smoothed;
  smoothed.add(1);
  smoothed.add(7);  // the mean is (0.98 + 7) / 1.98 = 4.03
  EXPECT_TRUE(smoothed.diverged());
  SmoothedLoss below;
  below.add(1);
  below.add(6.9);  // 3.98
  EXPECT_FALSE(below.diverged());
}

TEST(SmoothedLoss, DivergesWhereItIsNotFinite) {
  for (const double loss : {kNan, kInfinite, -kInfinite}) {
    SmoothedLoss smoothed;
    smoothed.add(loss);
    EXPECT_TRUE(smoothed.diverged());
    smoothed.add(1);
    EXPECT_TRUE(smoothed.diverged());
  }
}

TEST(RecordedCurve, LeavesOutTheFirstTenthAndTheLastFive) {
  const RangeCurve curve = recorded_curve(rates(100), std::vector<double>(100, 2.0));
  ASSERT_EQ(curve.rates.size(), 85U);
  EXPECT_EQ(curve.rates.front(), rates(100)[10]);
  EXPECT_EQ(curve.rates.back(), rates(100)[94]);
  for (const double loss : curve.losses) EXPECT_NEAR(loss, 2, 1e-12);
}

TEST(RecordedCurve, EndsWhereItDivergesOrIsNotFinite) {
  for (const double last : {1000.0, kInfinite}) {
    std::vector<double> losses(60, 1.0);
    losses.push_back(last);
    EXPECT_EQ(recorded_curve(rates(100), losses).rates.size(), 46U) << last;
  }
  // With NaN fastai goes on, then drops the last five and all from the first NaN on.
  std::vector<double> losses(60, 1.0);
  losses.resize(100, kNan);
  EXPECT_EQ(recorded_curve(rates(100), losses).rates.size(), 50U);
  losses.assign(98, 1.0);
  losses.push_back(kNan);
  EXPECT_EQ(recorded_curve(rates(100), losses).rates.size(), 85U);
}

TEST(RecordedCurve, MayBeEmpty) {
  EXPECT_TRUE(recorded_curve({}, {}).rates.empty());
  EXPECT_TRUE(recorded_curve(rates(100), {}).rates.empty());
  EXPECT_TRUE(recorded_curve(rates(1), std::vector<double>{1.0}).rates.empty());
  EXPECT_TRUE(recorded_curve(rates(100), std::vector<double>(100, kNan)).rates.empty());
  EXPECT_TRUE(recorded_curve(rates(100), std::vector<double>(12, 1.0)).rates.empty());
}

TEST(Minimum, IsATenthOfTheLowest) {
  EXPECT_DOUBLE_EQ(*minimum(valley_at(30)), rates(50)[30] / 10);
  EXPECT_DOUBLE_EQ(*minimum(valley_at(49)), rates(50)[49] / 10);
}

TEST(Steep, IsBeforeTheSteepestFall) {
  const RangeCurve step = curve(50, [](double i) { return i <= 12 ? 3 - 0.01 * i : 2 - 0.01 * i; });
  EXPECT_DOUBLE_EQ(*steep(step), rates(50)[12]);
}

// Per logarithm of the rate, not per point: the second fall is larger, but over three decades.
TEST(Steep, GoesByTheLogarithmOfTheRate) {
  const RangeCurve uneven = {{1e-4, 1e-3, 1}, {2, 1.5, 0.6}};
  EXPECT_DOUBLE_EQ(*steep(uneven), 1e-4);
}

TEST(Slide, StopsWhereTheSlopesAgree) {
  // To the right of the turn both points rise alike from the start.
  EXPECT_DOUBLE_EQ(*slide(valley_at(30)), rates(50)[34]);
  // The right point's slopes are 0.2 down to the 41st point, 0.05 at the turn, then -0.1 as the
  // left one's.
  EXPECT_DOUBLE_EQ(*slide(valley_at(40)), rates(50)[25]);
}

TEST(Slide, NeedsSixteenPoints) {
  EXPECT_FALSE(slide(curve(15, [](double i) { return 3 - 0.1 * i; })).has_value());
  EXPECT_DOUBLE_EQ(*slide(curve(16, [](double i) { return 3 - 0.1 * i; })), rates(16)[0]);
  // Slopes that differ everywhere lead to the left end.
  EXPECT_DOUBLE_EQ(*slide(curve(20, [](double i) { return 9 - 0.01 * i * i; })), rates(20)[0]);
}

TEST(Valley, IsHalfWayAlongTheLongestFall) {
  // 31 points fall, up to number 30: 30 - 31 + 10 + 5.
  EXPECT_DOUBLE_EQ(*valley(valley_at(30)), rates(50)[14]);
  // A longest falling subsequence need not be of neighbours: the even points of a zigzag.
  const RangeCurve zigzag =
      curve(24, [](double i) { return std::fmod(i, 2) == 0 ? 5 - 0.1 * i : 9 + 0.1 * i; });
  // Point 1 does not come before a lower even one and after a higher: points 1, 2, 4, ... 22: 12
  // of them, so 22 - 12 + 4 + 2.
  EXPECT_DOUBLE_EQ(*valley(zigzag), rates(24)[16]);
}

TEST(Published, NoneWithoutACurveThatFalls) {
  expect_none({});
  expect_none(curve(1, [](double) { return 2.0; }));
  expect_none(curve(90, [](double) { return 2.3; }));
  expect_none(curve(90, [](double i) { return 1 + i; }));
  expect_none(recorded_curve(rates(100), std::vector<double>(100, 2.302585)));
  expect_none(recorded_curve(rates(100), std::vector<double>(100, kNan)));
}

TEST(Published, AreFour) {
  ASSERT_EQ(published_suggestions().size(), 4U);
  EXPECT_EQ(published_suggestions()[3].name, "valley");
}

}  // namespace
}  // namespace sweetspot::search
