// Against closed forms with libm, and the values that the papers' definitions fix.
#include "train/schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "sweetspot/error.hpp"

namespace sweetspot::train {
namespace {

constexpr uint64_t kBudget = 4000;
constexpr double kClose = 1e-14;

std::string refusal(const std::string& text) {
  try {
    parse_schedule(text, kBudget);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "none";
}

TEST(Schedule, FixedIsOne) {
  const Schedule schedule = parse_schedule("fixed", kBudget);
  EXPECT_TRUE(schedule.is_fixed());
  EXPECT_EQ(schedule.factor(123456), 1);
}

TEST(Schedule, ExponentialDecay) {
  const Schedule schedule = parse_schedule("exponential:decay=0.9,every=100", kBudget);
  for (const uint64_t step : {0, 1, 57, 100, 3999, 100000}) {
    EXPECT_NEAR(schedule.factor(step), std::pow(0.9, static_cast<double>(step) / 100), kClose);
  }
}

TEST(Schedule, CosineRestartsInLongerAndLongerPeriods) {
  const Schedule schedule = parse_schedule("cosine:period=100,growth=2,floor=0.25", kBudget);
  const auto expected = [](double at, double period) {
    return 0.25 + 0.75 * 0.5 * (1 + std::cos(std::numbers::pi * at / period));
  };
  for (const double at : {0.0, 1.0, 50.0, 99.0}) {
    EXPECT_NEAR(schedule.factor(static_cast<uint64_t>(at)), expected(at, 100), kClose);
    EXPECT_NEAR(schedule.factor(static_cast<uint64_t>(100 + at)), expected(at, 200), kClose);
    EXPECT_NEAR(schedule.factor(static_cast<uint64_t>(300 + at)), expected(at, 400), kClose);
  }
  const Schedule equal = parse_schedule("cosine:period=100", kBudget);
  EXPECT_EQ(equal.factor(0), 1);
  EXPECT_EQ(equal.factor(1700), 1);
  EXPECT_NEAR(equal.factor(1750), 0.5, kClose);
}

TEST(Schedule, TriangularGoesUpAndDown) {
  const Schedule schedule = parse_schedule("triangular:period=100,floor=0.2", kBudget);
  EXPECT_NEAR(schedule.factor(0), 0.2, kClose);
  EXPECT_NEAR(schedule.factor(25), 0.6, kClose);
  EXPECT_NEAR(schedule.factor(50), 1, kClose);
  EXPECT_NEAR(schedule.factor(75), 0.6, kClose);
  EXPECT_NEAR(schedule.factor(325), 0.6, kClose);
}

TEST(Schedule, WarmUpEndsAtOne) {
  const Schedule schedule = parse_schedule("warm-up:steps=10", kBudget);
  EXPECT_NEAR(schedule.factor(0), 0.1, kClose);
  EXPECT_NEAR(schedule.factor(4), 0.5, kClose);
  EXPECT_EQ(schedule.factor(9), 1);
  EXPECT_EQ(schedule.factor(5000), 1);
  EXPECT_EQ(schedule.warm_up(), 10U);
}

// PyTorch's OneCycleLR with its defaults: from 1/25 up over 30 % of the steps, to 1/25/1e4.
TEST(Schedule, OneCycleIsPyTorchs) {
  const Schedule schedule = parse_schedule("one-cycle:steps=1000", kBudget);
  EXPECT_NEAR(schedule.factor(0), 0.04, kClose);
  EXPECT_NEAR(schedule.factor(299), 1, kClose);
  EXPECT_NEAR(schedule.factor(999), 4e-6, kClose);
  EXPECT_NEAR(schedule.factor(2000), 4e-6, kClose);
  const auto cosine = [](double from, double to, double share) {
    return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * share));
  };
  EXPECT_NEAR(schedule.factor(100), cosine(0.04, 1, 100.0 / 299), kClose);
  EXPECT_NEAR(schedule.factor(600), cosine(1, 4e-6, 301.0 / 700), kClose);
}

TEST(Schedule, RiseIsGeometric) {
  const Schedule schedule = parse_schedule("rise:steps=200,start=1e-6", kBudget);
  EXPECT_NEAR(schedule.factor(0), 1e-6, 1e-6 * kClose);
  EXPECT_NEAR(schedule.factor(50), std::pow(1e-6, 0.75), kClose);
  EXPECT_NEAR(schedule.factor(199), std::pow(1e-6, 1.0 / 200), kClose);
  EXPECT_EQ(schedule.factor(200), 1);
  EXPECT_EQ(schedule.factor(3000), 1);
}

TEST(Schedule, PartsAreMultiplied) {
  const Schedule both = parse_schedule("warm-up:steps=100+cosine:period=1000", kBudget);
  const Schedule cosine = parse_schedule("cosine:period=1000", kBudget);
  EXPECT_NEAR(both.factor(49), 0.5 * cosine.factor(49), kClose);
  EXPECT_NEAR(both.factor(500), cosine.factor(500), kClose);
}

TEST(Schedule, ItsTextHasEveryNumberAndReadsBack) {
  EXPECT_EQ(text_of(parse_schedule("cosine", kBudget)), "cosine:period=4000,growth=1,floor=0");
  EXPECT_EQ(text_of(parse_schedule("fixed", kBudget)), "fixed");
  for (const char* text : {"exponential", "cosine:growth=2", "triangular", "warm-up", "one-cycle",
                           "rise", "warm-up:steps=7+one-cycle:rise=0.5"}) {
    const std::string written = text_of(parse_schedule(text, kBudget));
    EXPECT_EQ(text_of(parse_schedule(written, 17)), written);
  }
}

TEST(Schedule, SaysWhatIsWrong) {
  EXPECT_NE(refusal("cosin").find("nearest known is 'cosine'"), std::string::npos);
  EXPECT_NE(refusal("").find("unknown schedule ''"), std::string::npos);
  EXPECT_NE(refusal("cosine:perod=3").find("nearest known is 'period'"), std::string::npos);
  EXPECT_EQ(refusal("warm-up:steps=-5"),
            "schedule warm-up: steps = -5: must be a whole number from 1 to 1000000000");
  EXPECT_NE(refusal("warm-up:steps=2.5").find("a whole number"), std::string::npos);
  EXPECT_NE(refusal("exponential:decay=2").find("must be a number from 1e-6 to 1"),
            std::string::npos);
  EXPECT_NE(refusal("exponential:decay").find("write NAME=NUMBER"), std::string::npos);
  EXPECT_NE(refusal("exponential:decay=nan").find("write NAME=NUMBER"), std::string::npos);
  EXPECT_NE(refusal("cosine:period=1,period=2").find("period is given twice"), std::string::npos);
  EXPECT_NE(refusal("fixed+cosine").find("fixed stands alone"), std::string::npos);
  EXPECT_NE(refusal("fixed:period=3").find("fixed stands alone"), std::string::npos);
  EXPECT_NE(refusal("warm-up+").find("unknown schedule ''"), std::string::npos);
}

}  // namespace
}  // namespace sweetspot::train
