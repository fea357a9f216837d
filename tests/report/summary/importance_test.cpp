#include "report/summary/importance.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace sweetspot::report {
namespace {

using search::SeenTrial;
using study::Outcome;

// Groups 1, 2, 3 and 2, 3, 4 and 5, 6, 7: means 2, 3, 6 about 11/3, so 26 between and 32 in total;
// 1 - (6 / 32) (8 / 6) = 0.75.
TEST(EpsilonSquared, MatchesASumByHand) {
  const std::vector<size_t> groups = {0, 0, 0, 1, 1, 1, 2, 2, 2};
  EXPECT_NEAR(*epsilon_squared(groups, {1, 2, 3, 2, 3, 4, 5, 6, 7}), 0.75, 1e-12);
}

TEST(EpsilonSquared, IsOneWithoutVarianceInsideGroupsAndNotBelowZero) {
  EXPECT_NEAR(*epsilon_squared({0, 0, 1, 1}, {3, 3, 8, 8}), 1, 1e-12);
  EXPECT_EQ(*epsilon_squared({0, 0, 1, 1}, {1, 2, 1, 2}), 0);
}

TEST(EpsilonSquared, NeedsVarianceAndMoreMembersThanGroups) {
  EXPECT_FALSE(epsilon_squared({0, 0, 1, 1}, {5, 5, 5, 5}).has_value());
  EXPECT_FALSE(epsilon_squared({0, 0, 0, 0}, {1, 2, 3, 4}).has_value());
  EXPECT_FALSE(epsilon_squared({0, 1, 2, 3}, {1, 2, 3, 4}).has_value());
  EXPECT_FALSE(epsilon_squared({}, {}).has_value());
}

// A full grid over two choices and two numbers, of 10 x 10 x 2 trials.
const space::Space kSpace({{"optimizer", space::Categorical{{"adam", "gd"}}},
                           {"learning_rate", space::LogUniform{1e-5, 1}},
                           {"decay", space::Uniform{0, 1}}});

std::vector<SeenTrial> grid(const std::function<void(SeenTrial&, int, int, int)>& end) {
  std::vector<SeenTrial> trials;
  for (int choice = 0; choice < 2; ++choice) {
    for (int rate = 0; rate < 10; ++rate) {
      for (int decay = 0; decay < 10; ++decay) {
        SeenTrial trial;
        trial.config = kSpace.config_at({choice == 0 ? 0.25 : 0.75, rate / 9.0, decay / 9.0});
        end(trial, choice, rate, decay);
        trials.push_back(std::move(trial));
      }
    }
  }
  return trials;
}

void reach(SeenTrial& trial, double steps) {
  trial.outcome = Outcome::reached;
  trial.value = steps;
}

double share_of(const std::vector<Importance>& all, const std::string& parameter) {
  for (const Importance& one : all) {
    if (one.parameter == parameter) return one.share;
  }
  return -1;
}

TEST(Importance, AValleyOfOneNumberIsAllThatMatters) {
  const auto all = importance(kSpace, grid([](SeenTrial& trial, int, int rate, int) {
                                reach(trial, 100 + (rate - 6) * (rate - 6));
                              }));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all.front().parameter, "learning_rate");
  EXPECT_EQ(all.front().trials, 200U);
  EXPECT_NEAR(all.front().share, 1, 1e-9);
  EXPECT_EQ(share_of(all, "optimizer"), 0);
  EXPECT_EQ(share_of(all, "decay"), 0);
}

// Ranks of a sum of two independent effects of the same size.
TEST(Importance, TwoEqualEffectsShareTheVariance) {
  const auto all = importance(kSpace, grid([](SeenTrial& trial, int, int rate, int decay) {
                                reach(trial, 100 + rate + decay);
                              }));
  EXPECT_NEAR(share_of(all, "learning_rate"), share_of(all, "decay"), 1e-9);
  EXPECT_NEAR(share_of(all, "decay"), 0.5, 0.05);
  EXPECT_EQ(share_of(all, "optimizer"), 0);
}

TEST(Importance, WhatOnlyActsTogetherIsInNoShare) {
  const auto all = importance(kSpace, grid([](SeenTrial& trial, int choice, int rate, int) {
                                reach(trial, 100 + (choice == 0 ? rate : 9 - rate));
                              }));
  EXPECT_EQ(share_of(all, "learning_rate"), 0);
  EXPECT_EQ(share_of(all, "optimizer"), 0);
}

TEST(Importance, FailuresStandBehindByTheirBestMetric) {
  const auto all = importance(kSpace, grid([](SeenTrial& trial, int choice, int, int) {
                                if (choice == 0) return reach(trial, 500);
                                trial.curve = {{50, 0.99}};
                                trial.outcome = Outcome::exhausted;
                              }));
  EXPECT_NEAR(share_of(all, "optimizer"), 1, 1e-9);
}

TEST(Importance, NothingWithoutDifferencesOrWithFewTrials) {
  auto trials = grid([](SeenTrial& trial, int, int, int) { reach(trial, 100); });
  EXPECT_TRUE(importance(kSpace, trials).empty());
  trials = grid([](SeenTrial& trial, int, int, int decay) { reach(trial, decay); });
  for (size_t i = 9; i < trials.size(); ++i) trials[i].outcome = Outcome::failed;
  EXPECT_TRUE(importance(kSpace, trials).empty());
}

TEST(Importance, AConditionalParameterIsJudgedWhereItTookPart) {
  const space::Space space(
      {{"optimizer", space::Categorical{{"rmsprop", "adam"}}},
       {"decay", space::Uniform{0, 1}, space::Condition{"optimizer", {"rmsprop"}}}});
  std::vector<SeenTrial> trials;
  for (int i = 0; i < 40; ++i) {
    SeenTrial trial;
    trial.config = space.config_at({i < 20 ? 0.25 : 0.75, (i / 5) / 3.0});
    reach(trial, i < 20 ? 100 + i / 5 : 50);
    trials.push_back(std::move(trial));
  }
  const auto all = importance(space, trials);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_NEAR(share_of(all, "decay"), 1, 1e-9);
  EXPECT_EQ(all.front().trials, 20U);
}

}  // namespace
}  // namespace sweetspot::report
