// What of a study of ours is what in Optuna's.
#include <gtest/gtest.h>

#include <algorithm>

#include "exchange/optuna_export.hpp"
#include "exchange/optuna_schema.hpp"

namespace sweetspot::exchange {
namespace {

using study::Outcome;

constexpr int64_t kEnded = 1700000000000000;

class OptunaExport : public testing::Test {
 protected:
  OptunaExport() {
    summary_.part = "tune";
    study::Settings& settings = summary_.record.settings;
    settings.kind = study::Kind::tune;
    settings.search.space = {{"optimizer", space::Categorical{{"gd", "adam"}}},
                             {"learning_rate", space::LogUniform{1e-3, 1}}};
  }

  study::Trial& add(std::optional<Outcome> outcome, double rate = 0.1,
                    std::optional<double> accuracy = 0.5) {
    report::TrialSummary t;
    t.trial.number = static_cast<int>(summary_.trials.size());
    t.trial.config = {{"optimizer", std::string("adam")}, {"learning_rate", rate}};
    t.trial.seed = 7;
    t.trial.outcome = outcome;
    t.trial.steps = 100;
    t.trial.compute_seconds = 2;
    t.curve.metrics = {"train_accuracy", "loss"};
    t.curve.points = {{50, {accuracy, 2.5}}, {100, {0.25, std::nullopt}}};
    summary_.trials.push_back(std::move(t));
    return summary_.trials.back().trial;
  }

  OptunaStudy exported() const { return optuna_study(summary_, "name", kEnded); }

  void look_for_best() {
    summary_.record.settings.search.objective = {false, "train_accuracy"};
    summary_.record.settings.target = study::parse_target("none");
  }

  std::vector<OptunaState> states() const {
    std::vector<OptunaState> states;
    for (const OptunaTrial& trial : exported().trials) states.push_back(trial.state);
    return states;
  }

  report::Summary summary_;
};

TEST_F(OptunaExport, OnlyWhatReachedTheTargetIsComplete) {
  for (const auto outcome :
       {Outcome::reached, Outcome::exhausted, Outcome::hopeless, Outcome::pruned, Outcome::diverged,
        Outcome::failed, Outcome::cancelled}) {
    add(outcome);
  }
  add(std::nullopt);
  using enum OptunaState;
  EXPECT_EQ(states(), (std::vector{complete, pruned, pruned, pruned, fail, fail, fail, waiting}));
  const OptunaStudy study = exported();
  EXPECT_FALSE(study.maximize);
  EXPECT_EQ(study.trials[0].value, 100);
  for (size_t i = 1; i < study.trials.size(); ++i) EXPECT_FALSE(study.trials[i].value.has_value());
}

TEST_F(OptunaExport, TheBestOfAMetricIsTheValueOfWhatTrainedToItsEnd) {
  look_for_best();
  add(Outcome::exhausted);
  add(Outcome::pruned);
  add(Outcome::exhausted, 0.1, std::nullopt);
  using enum OptunaState;
  EXPECT_EQ(states(), (std::vector{complete, pruned, complete}));
  const OptunaStudy study = exported();
  EXPECT_TRUE(study.maximize);
  EXPECT_EQ(study.trials[0].value, 0.5);
  EXPECT_EQ(study.trials[2].value, 0.25);
  EXPECT_EQ(study.trials[0].intermediate,
            (std::map<int64_t, std::optional<double>>{{50, 0.5}, {100, 0.25}}));
}

TEST_F(OptunaExport, WithoutAValueNothingIsComplete) {
  look_for_best();
  add(Outcome::exhausted);
  summary_.trials[0].curve.points.clear();
  EXPECT_EQ(states(), std::vector{OptunaState::fail});
}

TEST_F(OptunaExport, WhatIsReportedFallsWhereTheValueShall) {
  add(Outcome::exhausted);
  EXPECT_EQ(exported().trials[0].intermediate,
            (std::map<int64_t, std::optional<double>>{{50, 2.5}, {100, std::nullopt}}));
}

TEST_F(OptunaExport, WhatWaitsBeginsAnew) {
  add(std::nullopt);
  const OptunaTrial trial = exported().trials[0];
  EXPECT_TRUE(trial.intermediate.empty());
  EXPECT_FALSE(trial.started.has_value());
  EXPECT_EQ(trial.attributes, (std::map<std::string, std::string>{{"seed", "7"}}));
}

TEST_F(OptunaExport, WhatOptunaCouldNotTrainDoesNotWaitForIt) {
  add(Outcome::pruned);
  add(std::nullopt).origin = study::Origin{0, 50};
  add(std::nullopt).config[study::kProxy] = std::string("small");
  using enum OptunaState;
  EXPECT_EQ(states(), (std::vector{pruned, fail, fail}));
}

// Times past what Python counts, or what a number holds, are not written.
TEST_F(OptunaExport, HowLongItTookDoesNotOverflow) {
  constexpr int64_t kEarliest = -62'135'596'800'000'000;  // the year 1
  for (int i = 0; i < 12; ++i) add(Outcome::pruned).compute_seconds = i % 2 == 0 ? 1e300 : 9e9;
  const OptunaStudy study = exported();
  EXPECT_EQ(study.trials.back().ended, kEnded);
  for (const OptunaTrial& trial : study.trials) {
    EXPECT_LE(*trial.started, *trial.ended);
    EXPECT_GE(*trial.started, kEarliest);
  }
}

TEST_F(OptunaExport, AGridMayHaveWordsBesideNumbers) {
  summary_.record.settings.kind = study::Kind::sweep;
  add(Outcome::reached).config["units"] = 8.0;
  add(Outcome::reached).config["units"] = std::string("many");
  const OptunaStudy study = exported();
  const auto units = std::find_if(study.space.begin(), study.space.end(),
                                  [](const auto& p) { return p.name == "units"; });
  EXPECT_EQ(units->distribution, (space::Distribution(space::Categorical{{"8", "many"}})));
}

TEST_F(OptunaExport, AProxysValueIsNone) {
  add(Outcome::reached).config[study::kProxy] = std::string("small");
  const OptunaTrial trial = exported().trials[0];
  EXPECT_EQ(trial.state, OptunaState::pruned);
  EXPECT_FALSE(trial.config.contains(study::kProxy));
  EXPECT_EQ(trial.attributes.at("proxy"), "\"small\"");
}

TEST_F(OptunaExport, TrialsStandOneAfterTheOther) {
  add(Outcome::reached);
  add(std::nullopt);
  add(Outcome::pruned);
  const OptunaStudy study = exported();
  EXPECT_EQ(study.trials[2].ended, kEnded);
  EXPECT_EQ(study.trials[2].started, kEnded - 2000000);
  EXPECT_EQ(study.trials[0].ended, kEnded - 2000000);
  EXPECT_EQ(study.trials[0].started, kEnded - 4000000);
}

TEST_F(OptunaExport, TheRateIsLogarithmicAndARangeHasItsValues) {
  auto& space = summary_.record.settings.search.space;
  space[1].distribution = space::Uniform{1e-3, 1};
  add(Outcome::reached, 1.2);
  EXPECT_EQ(exported().space[1].distribution, space::Distribution(space::LogUniform{1e-3, 1.2}));
}

TEST_F(OptunaExport, AGridSpansItsValues) {
  summary_.record.settings.kind = study::Kind::size;
  add(Outcome::reached, 0.1).config["scale"] = 2.0;
  add(Outcome::reached, 0.001).config = {
      {"optimizer", std::string("gd")}, {"learning_rate", 0.001}, {"scale", 1.0}};
  EXPECT_EQ(exported().space,
            (std::vector<space::Parameter>{{"learning_rate", space::LogUniform{0.001, 0.1}},
                                           {"optimizer", space::Categorical{{"adam", "gd"}}},
                                           {"scale", space::Uniform{1, 2}}}));
}

}  // namespace
}  // namespace sweetspot::exchange
