// Searches that train, on small made-up images: the same study whatever trains it, and an answer
// that fresh seeds confirm.
#include <gtest/gtest.h>

#include "cohorts/prepare_study.hpp"
#include "cohorts/study_runner.hpp"
#include "support/tune_study.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cohorts {
namespace {

using testing_support::tune_settings;
using testing_support::TuneTest;

TEST_F(TuneTest, StudiesDependOnSettingsAlone) {
  for (const std::string method : {"auto", "halving", "tpe"}) {
    const study::Settings settings = tune_settings(method);
    const std::string expected = trained(settings, {.threads = 1, .lanes = 8}, method + "1.db");
    EXPECT_NE(expected.find("reached"), std::string::npos) << method;
    EXPECT_EQ(expected, trained(settings, {.threads = 2, .lanes = 8}, method + "2.db")) << method;
    EXPECT_EQ(expected, trained(settings, {.threads = 2, .lanes = 16}, method + "3.db")) << method;
    EXPECT_EQ(expected, trained(settings, {.threads = 2, .lanes = 8}, method + "4.db", 60))
        << method;
    // Once it has ended, the same command changes nothing.
    EXPECT_EQ(expected, trained(settings, {.threads = 1, .lanes = 8}, method + "1.db")) << method;
  }
}

TEST_F(TuneTest, FreshSeedsConfirmTheAnswerAndItsTestAccuracyIsMeasuredOnce) {
  const auto store = open("study.db");
  const study::Settings settings = tune_settings("auto");
  prepare_study(*store, settings, set_);
  StudyRunner(*store, set_, {.threads = 2, .lanes = 8}).run({});
  int confirming = 0;
  int measured = 0;
  for (const study::Trial& trial : store->trials()) {
    ASSERT_TRUE(trial.outcome.has_value());
    if (trial.outcome == study::Outcome::pruned) {
      EXPECT_GT(trial.compute_seconds, 0);
    }
    confirming += trial.seed != settings.seed ? 1 : 0;
    const study::Curve curve = store->curve(trial.number);
    ASSERT_EQ(curve.metrics.back(), study::kTestAccuracy);
    for (const study::CurvePoint& point : curve.points) {
      if (!point.values.back().has_value()) continue;
      ++measured;
      EXPECT_EQ(point.step, trial.steps);
      EXPECT_EQ(trial.outcome, study::Outcome::reached);
      EXPECT_GT(*point.values.back(), 0.3);
    }
  }
  EXPECT_GE(confirming, 3);
  EXPECT_EQ(confirming % 3, 0);
  EXPECT_EQ(measured, 1);
  EXPECT_GT(store->cost().wall_seconds, 0);
}

TEST_F(TuneTest, RefusesWhatNoSearchTakes) {
  study::Settings s = tune_settings("auto");
  EXPECT_EQ(refusal(s), "");
  s.search.cost = "100";
  EXPECT_EQ(refusal(s), "cost '100': is less than one training of 240 steps");
  s.search.cost = "5y";
  EXPECT_EQ(refusal(s), "cost '5y': write steps as 40000, full trainings as 5x, or trials as 40t");
  s = tune_settings("auto");
  s.search.space.pop_back();
  EXPECT_EQ(refusal(s), "space: needs the parameters optimizer and learning_rate");
  s = tune_settings("auto");
  s.search.space.push_back({"decay", space::Uniform{0.5, 0.9}});
  EXPECT_NE(refusal(s).find("decay"), std::string::npos);
  s.search.space.back().when = space::Condition{"optimizer", {"rmsprop"}};
  EXPECT_EQ(refusal(s), "");
  s = tune_settings("atuo");
  EXPECT_NE(refusal(s).find("the nearest known is 'auto'"), std::string::npos);
  s = tune_settings("auto");
  s.target = study::parse_target("none");
  EXPECT_EQ(refusal(s), "objective steps-to-target: needs a target");
  s.search.objective = study::parse_objective("best:train_accuracy");
  EXPECT_EQ(refusal(s), "");
  s.search.round = 0;
  EXPECT_EQ(refusal(s), "round: must be from 1 to 1000");
}

// The proxy has fewer operations; what it finds begins the search on the network.
TEST_F(TuneTest, AProxyIsSearchedFirst) {
  study::Settings s = tune_settings("auto");
  s.model = "small";
  s.search.proxy = "tiny";
  const std::string expected = trained(s, {.threads = 1, .lanes = 8}, "1.db");
  EXPECT_EQ(expected, trained(s, {.threads = 2, .lanes = 16}, "2.db"));
  EXPECT_EQ(expected, trained(s, {.threads = 2, .lanes = 8}, "3.db", 60));
  const auto store = open("1.db");
  size_t on_proxy = 0;
  size_t on_network = 0;
  for (const study::Trial& trial : store->trials()) {
    if (trial.config.contains(study::kProxy)) {
      // All of them come before the network's.
      EXPECT_EQ(on_network, 0U);
      ++on_proxy;
    } else {
      ++on_network;
    }
  }
  EXPECT_GT(on_proxy, 20U);
  EXPECT_GT(on_network, 4U);
  EXPECT_LT(on_network, on_proxy);
}

TEST_F(TuneTest, RefusesAProxyThatIsNone) {
  study::Settings s = tune_settings("auto");
  s.model = "small";
  s.search.proxy = "tinny";
  EXPECT_NE(refusal(s).find("the nearest known is 'tiny'"), std::string::npos) << refusal(s);
  s.search.proxy = "tutorial";
  EXPECT_NE(refusal(s).find("fewer operations"), std::string::npos) << refusal(s);
  s.search.proxy = "tiny";
  s.search.cost = "40t";
  EXPECT_NE(refusal(s).find("give --cost in steps or x"), std::string::npos) << refusal(s);
}

TEST_F(TuneTest, AStudyGoesOnOnlyWithTheSameSearch) {
  const auto store = open("study.db");
  study::Settings s = tune_settings("random");
  prepare_study(*store, s, set_);
  s.search.cost = "20x";
  EXPECT_THROW(prepare_study(*store, s, set_), Error);
}

}  // namespace
}  // namespace sweetspot::cohorts
