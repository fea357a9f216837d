// The conditions that a space has, found from the trials that have a parameter.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "exchange/optuna_space.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::exchange {
namespace {

const std::string kRange = distribution_json(space::Uniform{0, 1});
const std::string kChoices = distribution_json(space::Categorical{{"a", "b", "c"}});
const std::string kOthers = distribution_json(space::Categorical{{"x", "y"}});

class SpaceOf : public testing::Test {
 protected:
  struct Taken {
    std::string name;
    std::string distribution;
    double number;
  };

  void add(OptunaState state, const std::vector<Taken>& values) {
    OptunaTrial trial;
    trial.number = static_cast<int>(study_.trials.size());
    trial.state = state;
    for (const Taken& t : values) reader_.take(trial, t.name, t.distribution, t.number);
    study_.trials.push_back(std::move(trial));
  }

  std::optional<space::Condition> condition(const std::string& parameter) const {
    for (const space::Parameter& p : study_.space) {
      if (p.name == parameter) return p.when;
    }
    ADD_FAILURE() << parameter;
    return std::nullopt;
  }

  void finish() { reader_.finish(study_, notes_); }

  SpaceReader reader_;
  OptunaStudy study_;
  std::vector<std::string> notes_;
};

constexpr OptunaState kComplete = OptunaState::complete;

TEST_F(SpaceOf, AChoiceExplainsWhereAParameterTakesPart) {
  add(kComplete, {{"kind", kChoices, 0}, {"other", kOthers, 0}, {"depth", kRange, 0.1}});
  add(kComplete, {{"kind", kChoices, 1}, {"other", kOthers, 0}});
  add(kComplete, {{"kind", kChoices, 2}, {"other", kOthers, 1}, {"depth", kRange, 0.2}});
  finish();
  EXPECT_EQ(condition("depth"), (space::Condition{"kind", {"a", "c"}}));
  EXPECT_FALSE(condition("kind").has_value());
  EXPECT_EQ(study_.trials.size(), 3U);
}

TEST_F(SpaceOf, ConditionsMayStandOneBehindTheOther) {
  add(kComplete, {{"kind", kChoices, 0}, {"other", kOthers, 0}, {"depth", kRange, 0.1}});
  add(kComplete, {{"kind", kChoices, 0}, {"other", kOthers, 1}});
  add(kComplete, {{"kind", kChoices, 1}});
  finish();
  EXPECT_EQ(condition("other"), (space::Condition{"kind", {"a"}}));
  EXPECT_EQ(condition("depth"), (space::Condition{"other", {"x"}}));
}

TEST_F(SpaceOf, TwoThatAreAlwaysTogetherHaveOneReason) {
  add(kComplete, {{"kind", kChoices, 0}, {"other", kOthers, 0}, {"third", kOthers, 1}});
  add(kComplete, {{"kind", kChoices, 1}});
  finish();
  EXPECT_EQ(condition("other"), (space::Condition{"kind", {"a"}}));
  EXPECT_EQ(condition("third"), (space::Condition{"kind", {"a"}}));
}

TEST_F(SpaceOf, WhatNoChoiceExplainsIsRefused) {
  add(kComplete, {{"kind", kChoices, 0}, {"depth", kRange, 0.1}});
  add(kComplete, {{"kind", kChoices, 0}});
  try {
    finish();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::study);
    EXPECT_NE(std::string(error.what()).find("'depth': is missing in trial 1"), std::string::npos);
  }
}

TEST_F(SpaceOf, TrialsThatEndedTooEarlyAreLeftOutAndSaid) {
  add(kComplete, {{"kind", kChoices, 0}, {"depth", kRange, 0.1}});
  add(OptunaState::fail, {{"kind", kChoices, 0}});
  add(OptunaState::waiting, {});
  finish();
  EXPECT_FALSE(condition("depth").has_value());
  EXPECT_EQ(study_.trials.size(), 1U);
  ASSERT_EQ(notes_.size(), 1U);
  EXPECT_NE(notes_[0].find("trials 1, 2"), std::string::npos);
}

TEST_F(SpaceOf, ChoicesThatOnlyTheirTypeTellsApartAreRefused) {
  EXPECT_THROW(add(kComplete, {{"kind",
                                R"({"name": "CategoricalDistribution",
                                    "attributes": {"choices": [1, "1"]}})",
                                0}}),
               Error);
}

TEST_F(SpaceOf, WholeNumbersHaveWholeEnds) {
  EXPECT_THROW(add(kComplete, {{"n",
                                R"({"name": "IntDistribution", "attributes": {"log": false,
                                    "step": 1, "low": 1e300, "high": 5}})",
                                1}}),
               Error);
}

}  // namespace
}  // namespace sweetspot::exchange
