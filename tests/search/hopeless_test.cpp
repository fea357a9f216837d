#include "search/hopeless.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sweetspot::search {
namespace {

// The step at which a curve error(step) is given up, or 0.
template <class Error>
uint64_t given_up_at(Error error, bool running = false, uint64_t budget = 8000,
                     double target = 0.97, uint64_t warm_up = 0) {
  std::vector<CurveCheck> curve;
  for (uint64_t step = 50; step <= budget; step += 50) {
    curve.push_back({step, 1 - error(static_cast<double>(step))});
    if (curve.back().metric >= target) return 0;
    const HopelessQuestion question = {
        .target = target, .running = running, .budget = budget, .warm_up = warm_up, .curve = curve};
    if (!hopeless_reason(question).empty()) return step;
  }
  return 0;
}

TEST(Hopeless, DeadTrainingIsGivenUpEarly) {
  const uint64_t at = given_up_at([](double) { return 0.9; });
  EXPECT_GT(at, 0U);
  EXPECT_LE(at, 450U);  // of 8,000
}

TEST(Hopeless, ErrorThatFallsAsOneOverStepGoesOnIfItWillArrive) {
  EXPECT_EQ(given_up_at([](double step) { return std::min(0.9, 200 / step); }), 0U);
  EXPECT_GT(given_up_at([](double step) { return std::min(0.9, 320 / step); }), 0U);
}

TEST(Hopeless, NothingIsGivenUpBeforeStepOneHundred) {
  EXPECT_EQ(given_up_at([](double) { return 0.9; }, false, 150), 100U);
  EXPECT_EQ(given_up_at([](double) { return 0.9; }, false, 100), 0U);
}

TEST(Hopeless, APlateauOfAFortiethOfTheBudgetIsEnough) {
  // With a target of 0.5 the forecast alone would wait for more than half of the budget.
  const uint64_t at = given_up_at([](double) { return 0.86; }, false, 8000, 0.5);
  EXPECT_EQ(at, 250U);  // the first check past 50 + 7,950 / 40
  EXPECT_EQ(given_up_at([](double step) { return step < 230 ? 0.86 : 0.6; }, false, 8000, 0.4), 0U);
}

TEST(Hopeless, RunningAccuracyIsGivenUpOnlyWhenTheTargetIsImpossible) {
  // All wrong for 200 steps and never again: the mean error is 200 / step, 0.025 at the budget.
  const auto recovers = [](double step) { return std::min(1.0, 200 / step); };
  EXPECT_EQ(given_up_at(recovers, true), 0U);
  const auto too_late = [](double step) { return std::min(1.0, 250 / step); };
  EXPECT_EQ(given_up_at(too_late, true), 250U);
}

TEST(Hopeless, WarmUpDoesNotCount) {
  const auto dead = [](double) { return 0.9; };
  EXPECT_EQ(given_up_at(dead, false, 9000, 0.97, 1000),
            1000 + given_up_at(dead, false, 8000, 0.97, 0));
}

TEST(Hopeless, ATargetOfOneIsNotHopelessAtOnce) {
  EXPECT_EQ(given_up_at([](double step) { return step < 150 ? 0.002 : 0.0; }, false, 8000, 1.0),
            0U);
}

TEST(Hopeless, IsOnWhereItWasAudited) {
  EXPECT_TRUE(rule_is_audited_for({"tiny", 10, "train_accuracy", "mnist"}));
  EXPECT_FALSE(rule_is_audited_for({"tiny", 10, "train_accuracy", "folder"}));
  EXPECT_FALSE(rule_is_audited_for({"", 10, "train_accuracy", "mnist"}));
  EXPECT_FALSE(rule_is_audited_for({"small", 10, "validation_accuracy", "mnist"}));
  EXPECT_FALSE(rule_is_audited_for({"tiny", 10, "train_accuracy", "mnist", false}));
  EXPECT_TRUE(rule_is_audited_with("adam"));
  EXPECT_FALSE(rule_is_audited_with("lion"));
}

}  // namespace
}  // namespace sweetspot::search
