// Range tests that train, on small made-up images.
#include "cohorts/range_test.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cohorts {
namespace {

RangeTest small_test(double low, double high) {
  RangeTest test;
  test.settings.optimizers = {"adam"};
  test.settings.learning_rates = {low, high};
  test.settings.batch_size = 10;
  test.settings.seeds = 3;
  test.steps = 160;
  return test;
}

class RangeTestTest : public testing::Test {
 protected:
  RangeTestResult run(const RangeTest& test) const {
    uint64_t steps = 0;
    RangeTestResult result = run_range_test(test, set_, [&](const TestProgress& progress) {
      EXPECT_GE(progress.planned, progress.steps);
      steps = progress.steps;
    });
    EXPECT_EQ(steps, result.test_steps + result.short_steps);
    return result;
  }

  std::string refusal(const RangeTest& test) const {
    try {
      require_testable(test, set_);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      return error.what();
    }
    return "";
  }

  data::ImageSet set_ = testing_support::synthetic_set();
};

TEST_F(RangeTestTest, FindsARateThatLearnsOnAnyNumberOfThreads) {
  RangeTest test = small_test(1e-6, 100);
  const RangeTestResult one = run(test);
  ASSERT_TRUE(one.verdict.rate.has_value()) << one.verdict.doubt;
  EXPECT_GT(*one.verdict.rate, 1e-4);
  EXPECT_LT(*one.verdict.rate, 1);
  EXPECT_LE(one.verdict.band->first, *one.verdict.rate);
  EXPECT_GE(one.verdict.band->second, *one.verdict.rate);
  ASSERT_EQ(one.seeds.size(), 3U);
  EXPECT_EQ(one.seeds[2].seed, 3U);
  test.threads = 3;
  const RangeTestResult three = run(test);
  EXPECT_EQ(*one.verdict.rate, *three.verdict.rate);
  EXPECT_EQ(one.short_steps, three.short_steps);
  for (size_t seed = 0; seed < one.seeds.size(); ++seed) {
    EXPECT_EQ(one.seeds[seed].curve.losses, three.seeds[seed].curve.losses);
  }
}

// A seed's curve does not depend on how many others there are.
TEST_F(RangeTestTest, ASeedIsTheSameAlone) {
  RangeTest test = small_test(1e-4, 1);
  const RangeTestResult all = run(test);
  test.settings.seeds = 1;
  test.settings.seed = 2;
  const RangeTestResult second = run(test);
  EXPECT_EQ(all.seeds[1].curve.losses, second.seeds[0].curve.losses);
  EXPECT_FALSE(second.verdict.confidence.has_value());
}

TEST_F(RangeTestTest, CannotTellBelowOrAboveAllThatLearns) {
  const RangeTestResult below = run(small_test(1e-12, 1e-9));
  EXPECT_FALSE(below.verdict.rate.has_value());
  EXPECT_NE(below.verdict.doubt, "");
  RangeTest above_test = small_test(1e15, 1e18);
  above_test.settings.optimizers = {"gd"};
  const RangeTestResult above = run(above_test);
  EXPECT_FALSE(above.verdict.rate.has_value());
  EXPECT_NE(above.verdict.doubt, "");
  EXPECT_TRUE(above.short_runs.empty());
  for (const SuggestionSpread& spread : above.suggestions) EXPECT_FALSE(spread.median.has_value());
}

TEST_F(RangeTestTest, RefusesWhatCannotBeTested) {
  EXPECT_NE(refusal(small_test(0.01, 0.05)).find("at least a decade"), std::string::npos);
  EXPECT_NE(refusal(small_test(1, 0.1)).find("at least a decade"), std::string::npos);
  RangeTest test = small_test(1e-6, 100);
  test.steps = 0;
  EXPECT_NE(refusal(test).find("steps 0: must be from 20"), std::string::npos);
  test = small_test(1e-6, 100);
  test.settings.seeds = 65;
  EXPECT_NE(refusal(test).find("seeds 65: must be from 1 to 64"), std::string::npos);
  test = small_test(1e-6, 100);
  test.settings.optimizers = {"adm"};
  EXPECT_NE(refusal(test).find("nearest known is 'adam'"), std::string::npos);
}

}  // namespace
}  // namespace sweetspot::cohorts
