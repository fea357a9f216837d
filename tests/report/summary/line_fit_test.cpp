#include "report/summary/line_fit.hpp"

#include <gtest/gtest.h>

namespace sweetspot::report {
namespace {

// Anscombe (1973), first set: the fit is 3.0001 + 0.5001 x, R squared 0.6665, with
// standard errors 1.1247 and 0.1179; t(9) = 2.262157 at 97.5 %.
TEST(LineFit, MatchesAnscombesFirstSet) {
  const std::vector<std::pair<double, double>> points = {
      {10, 8.04}, {8, 6.95}, {13, 7.58},  {9, 8.81}, {11, 8.33}, {14, 9.96},
      {6, 7.24},  {4, 4.26}, {12, 10.84}, {7, 4.82}, {5, 5.68}};
  const auto fit = fit_line(points);
  ASSERT_TRUE(fit.has_value());
  EXPECT_NEAR(fit->intercept, 3.0001, 5e-5);
  EXPECT_NEAR(fit->slope, 0.5001, 5e-5);
  EXPECT_NEAR(fit->r_squared, 0.6665, 5e-5);
  EXPECT_NEAR(fit->slope_interval.second - fit->slope, 2.262157 * 0.1179, 1e-4);
  EXPECT_NEAR(fit->intercept - fit->intercept_interval.first, 2.262157 * 1.1247, 2e-4);
  EXPECT_EQ(fit->count, 11);
}

TEST(LineFit, AnExactLineHasNoInterval) {
  const auto fit = fit_line({{1, 3}, {2, 5}, {4, 9}});
  ASSERT_TRUE(fit.has_value());
  EXPECT_NEAR(fit->slope, 2, 1e-12);
  EXPECT_NEAR(fit->intercept, 1, 1e-12);
  EXPECT_NEAR(fit->r_squared, 1, 1e-12);
  EXPECT_NEAR(fit->slope_interval.first, 2, 1e-9);
}

TEST(LineFit, TooFewPointsOrOnePlaceGiveNone) {
  EXPECT_FALSE(fit_line({{1, 1}, {2, 2}}).has_value());
  EXPECT_FALSE(fit_line({{1, 1}, {1, 2}, {1, 3}}).has_value());
}

}  // namespace
}  // namespace sweetspot::report
