// Verdicts over made-up short trainings whose middle is known.
#include "search/range_test/range_verdict.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace sweetspot::search {
namespace {

constexpr int kClasses = 10;
constexpr double kLow = 1e-6;
constexpr double kHigh = 100;

using Losses = std::vector<std::optional<double>>;

// log(loss) rises by log(1.3) for half a decade to either side of `middle`: the plateau's ends.
double valley_loss(double rate, double middle) {
  return 0.2 * std::exp(std::log(1.3) * std::abs(std::log10(rate / middle)) / 0.5);
}

std::vector<ShortRuns> valley_runs(const std::vector<double>& rates,
                                   const std::vector<double>& middles) {
  std::vector<ShortRuns> runs;
  for (const double rate : rates) {
    ShortRuns& at = runs.emplace_back();
    at.rate = rate;
    for (const double middle : middles) at.losses.emplace_back(valley_loss(rate, middle));
  }
  return runs;
}

TEST(FirstRates, AreTheGridBetweenTheSuggestions) {
  const std::vector<double> suggestions = {0.04, 0.0029, 0.35};
  EXPECT_EQ(first_rates(suggestions, kLow, kHigh),
            (std::vector<double>{0.00316228, 0.01, 0.0316228, 0.1, 0.316228}));
  EXPECT_EQ(first_rates(std::vector<double>{0.01}, kLow, kHigh), std::vector<double>{0.01});
  EXPECT_TRUE(first_rates({}, kLow, kHigh).empty());
  EXPECT_EQ(first_rates(std::vector<double>{2e-6, 0.1}, kLow, kHigh),
            (std::vector<double>{0.000316228, 1e-3, 0.00316228, 0.01, 0.0316228, 0.1}));
}

TEST(FirstRates, StayInTheRange) {
  EXPECT_EQ(first_rates(std::vector<double>{1e-9, 1e5}, 0.02, 0.5),
            (std::vector<double>{0.0316228, 0.1, 0.316228}));
  EXPECT_EQ(first_rates(std::vector<double>{1e5}, 0.1, 10), std::vector<double>{10});
}

TEST(FurtherRates, AreAskedForUntilBothSidesAreClearlyHigher) {
  const std::vector<double> rates = {0.01, 0.0316228};
  EXPECT_EQ(further_rates(valley_runs(rates, {0.0316228}), kClasses, kLow, kHigh),
            std::vector<double>{0.1});
  EXPECT_EQ(further_rates(valley_runs({0.0316228}, {0.0316228}), kClasses, kLow, kHigh),
            (std::vector<double>{0.01, 0.1}));
  EXPECT_TRUE(further_rates(valley_runs({1e-3, 0.00316228, 0.01, 0.0316228, 0.1}, {0.0115}),
                            kClasses, kLow, kHigh)
                  .empty());
  EXPECT_TRUE(
      further_rates(valley_runs({0.01, 0.0316228}, {0.0316228}), kClasses, kLow, 0.09).empty());
  EXPECT_TRUE(further_rates({}, kClasses, kLow, kHigh).empty());
}

TEST(FurtherRates, GoTowardsTheLowerLossWhileNothingIsLearnt) {
  std::vector<ShortRuns> runs = {{0.01, {2.31}}, {0.0316228, {2.30}}};
  EXPECT_EQ(further_rates(runs, kClasses, kLow, kHigh), std::vector<double>{0.1});
  EXPECT_TRUE(further_rates(runs, kClasses, kLow, 0.05).empty());
  runs[1].losses = {std::nullopt};
  EXPECT_EQ(further_rates(runs, kClasses, kLow, kHigh), std::vector<double>{0.00316228});
  runs[0].losses = {std::nullopt};
  EXPECT_EQ(further_rates(runs, kClasses, kLow, kHigh), std::vector<double>{0.00316228});
  while (runs.size() < kMostRates) {
    const std::vector<double> more = further_rates(runs, kClasses, kLow, kHigh);
    ASSERT_EQ(more.size(), 1U);
    runs.insert(runs.begin(), {more[0], {std::nullopt}});
  }
  EXPECT_TRUE(further_rates(runs, kClasses, kLow, kHigh).empty());
}

TEST(Verdict, IsTheMiddleOfThePlateau) {
  const std::vector<double> rates = {1e-3, 0.00316228, 0.01, 0.0316228, 0.1};
  const RangeVerdict verdict = judge_short_runs(valley_runs(rates, {0.01, 0.01, 0.01}), kClasses);
  ASSERT_TRUE(verdict.rate.has_value());
  EXPECT_NEAR(*verdict.rate, 0.01, 1e-5);
  EXPECT_EQ(*verdict.confidence, 1);
  EXPECT_EQ(verdict.band->first, 1e-3);
  EXPECT_EQ(verdict.band->second, 0.1);
  EXPECT_FALSE(verdict.open_below || verdict.open_above);
  EXPECT_EQ(verdict.doubt, "");
}

// The line through two logarithms: from 0.2 at 0.01 to 0.2 * 1.3^2 half a decade on, so the
// plateau ends a quarter of a decade above 0.01, and as much below.
TEST(Verdict, GoesBetweenTheRatesByTheLogarithmOfTheLoss) {
  const std::vector<ShortRuns> runs = {
      {0.00316228, {0.2 * 1.69}}, {0.01, {0.2}}, {0.0316228, {0.2 * std::pow(1.3, 4)}}};
  const RangeVerdict verdict = judge_short_runs(runs, kClasses);
  EXPECT_NEAR(std::log10(*verdict.rate), -2 + (-0.25 + 0.125) / 2, 1e-5);
  EXPECT_FALSE(verdict.confidence.has_value());  // of one seed
}

TEST(Verdict, LossesThatAreNotFiniteNeverCompare) {
  const std::vector<ShortRuns> runs = {
      {0.01, {0.5, 0.5}}, {0.0316228, {0.4, 0.4}}, {0.1, {0.1, std::nullopt}}};
  const RangeVerdict verdict = judge_short_runs(runs, kClasses);
  ASSERT_TRUE(verdict.rate.has_value());
  EXPECT_LT(*verdict.rate, 0.1);
  EXPECT_EQ(verdict.band->second, 0.0316228);
}

TEST(Verdict, CannotTellWhereNothingIsLearnt) {
  EXPECT_NE(judge_short_runs({}, kClasses).doubt.find("never falls"), std::string::npos);
  for (const std::optional<double> loss : {std::optional<double>(2.30), std::optional<double>()}) {
    const RangeVerdict verdict = judge_short_runs(
        std::vector<ShortRuns>{{0.01, {loss, loss}}, {0.1, {loss, loss}}}, kClasses);
    EXPECT_FALSE(verdict.rate.has_value());
    EXPECT_FALSE(verdict.band.has_value());
    EXPECT_TRUE(verdict.open_below);
    EXPECT_NE(verdict.doubt.find("none of the rates from 0.01 to 0.1"), std::string::npos);
  }
}

TEST(Verdict, CannotTellWhereSeedsDisagree) {
  const std::vector<double> rates = {1e-3, 0.00316228, 0.01, 0.0316228, 0.1};
  const RangeVerdict verdict =
      judge_short_runs(valley_runs(rates, {1e-3, 1e-3, 0.1, 0.1}), kClasses);
  EXPECT_FALSE(verdict.rate.has_value());
  EXPECT_NE(verdict.doubt.find("of 4 seeds agree"), std::string::npos);
}

TEST(Verdict, SaysWhereTheRangeCutItOff) {
  const RangeVerdict verdict =
      judge_short_runs(valley_runs({0.01, 0.0316228, 0.1}, {0.1, 0.1}), kClasses);
  EXPECT_TRUE(verdict.open_above);
  EXPECT_FALSE(verdict.open_below);
}

}  // namespace
}  // namespace sweetspot::search
