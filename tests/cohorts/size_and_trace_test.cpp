// Studies over sizes and over time, on small made-up images.
#include <gtest/gtest.h>

#include "cohorts/prepare_study.hpp"
#include "cohorts/study_runner.hpp"
#include "cohorts/study_setup.hpp"
#include "store/open_store.hpp"
#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"
#include "sweetspot/network.hpp"
#include "train/stages.hpp"

namespace sweetspot::cohorts {
namespace {

using testing_support::synthetic_set;
using testing_support::TemporaryFolder;

study::Settings size_settings() {
  study::Settings s;
  s.kind = study::Kind::size;
  s.optimizers = {"adam"};
  s.learning_rates = {1e-3, 1e-2};
  s.scales = {1, 1.1, 2, 3};
  s.target = {"train_accuracy", 0.8};
  s.budget = 300;
  s.check_every = 20;
  s.batch_size = 10;
  return s;
}

class SizeAndTrace : public testing::Test {
 protected:
  std::unique_ptr<store::StudyStore> trained(const study::Settings& settings, int threads,
                                             const std::string& name) {
    auto store = store::open_sqlite(folder_.path() / name, store::Access::train,
                                    std::string(study::name_of(settings.kind)));
    prepare_study(*store, settings, set_);
    StudyRunner(*store, set_, {.threads = threads, .lanes = 8}).run({});
    return store;
  }

  TemporaryFolder folder_;
  data::ImageSet set_ = synthetic_set();
};

TEST_F(SizeAndTrace, ScalesThatRoundToOneNetworkAreTrainedOnce) {
  // 2 and 4 filters times 1.1 round to 2 and 4.
  EXPECT_EQ(distinct_scales(size_settings(), set_), (std::vector<double>{1, 2, 3}));
  const auto store = trained(size_settings(), 1, "one.db");
  EXPECT_EQ(store->trials().size(), 6U);
  const auto networks = store->record()->networks;
  ASSERT_EQ(networks.size(), 3U);
  for (const store::NetworkSize& network : networks) {
    const auto stages = train::stages_of(network_of(size_settings(), set_, network.scale));
    EXPECT_EQ(network.weights, train::weight_count(stages));
    EXPECT_GT(network.step_seconds, 0);
  }
}

TEST_F(SizeAndTrace, SizesAreTrainedAsASweepOfThatWidthTrainsThem) {
  const auto sizes = trained(size_settings(), 2, "sizes.db");
  study::Settings sweep = size_settings();
  sweep.kind = study::Kind::sweep;
  sweep.width = 3;
  sweep.scales = {};
  const auto wide = trained(sweep, 1, "wide.db");
  int compared = 0;
  for (const study::Trial& trial : sizes->trials()) {
    if (space::number_in(trial.config, "scale") != 3) continue;
    for (const study::Trial& other : wide->trials()) {
      if (space::number_in(other.config, "learning_rate") !=
          space::number_in(trial.config, "learning_rate")) {
        continue;
      }
      EXPECT_EQ(trial.steps, other.steps);
      EXPECT_EQ(trial.outcome, other.outcome);
      EXPECT_EQ(sizes->curve(trial.number).points.back().values,
                wide->curve(other.number).points.back().values);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 2);
}

TEST_F(SizeAndTrace, PausedSizesGoOnWithTheSameRows) {
  const auto whole = trained(size_settings(), 1, "whole.db");
  const auto paused =
      store::open_sqlite(folder_.path() / "paused.db", store::Access::train, "size");
  int resumable = 0;  // trials that a pause left with a snapshot
  for (int call = 0; call < 100; ++call) {
    prepare_study(*paused, size_settings(), set_);
    StudyRunner runner(*paused, set_, {.threads = 2, .lanes = 8});
    if (call < 40) runner.request_pause();
    if (!runner.run({}).paused) break;
    for (const study::Trial& trial : paused->trials()) {
      resumable += paused->rewind(trial.number).has_value() ? 1 : 0;
    }
  }
  EXPECT_GE(resumable, 40);
  const auto expected = whole->trials();
  const auto trials = paused->trials();
  ASSERT_EQ(trials.size(), expected.size());
  for (size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i].outcome, expected[i].outcome);
    EXPECT_EQ(trials[i].steps, expected[i].steps);
    EXPECT_EQ(paused->curve(trials[i].number).points.back().values,
              whole->curve(expected[i].number).points.back().values);
  }
}

TEST_F(SizeAndTrace, ASecondCallMeasuresNothingAgain) {
  const auto first = trained(size_settings(), 1, "again.db")->record()->networks;
  EXPECT_EQ(trained(size_settings(), 1, "again.db")->record()->networks, first);
}

// 1 and 1.1 are one network: what was trained as 1.1 stands when 1 is asked for later.
TEST_F(SizeAndTrace, ASmallerScaleOfTheSameNetworkChangesNothing) {
  study::Settings first = size_settings();
  first.scales = {1.1, 2};
  trained(first, 1, "smaller.db");
  study::Settings second = size_settings();
  second.scales = {1, 3};
  const auto store = trained(second, 1, "smaller.db");
  EXPECT_EQ(store->trials().size(), 6U);
  for (const study::Trial& trial : store->trials()) EXPECT_TRUE(trial.outcome.has_value());
  ASSERT_EQ(store->record()->networks.size(), 3U);
  EXPECT_EQ(store->record()->networks[0].scale, 1.1);
}

TEST_F(SizeAndTrace, MoreScalesExtendAStudy) {
  trained(size_settings(), 1, "more.db");
  study::Settings more = size_settings();
  more.scales = {1, 4};
  const auto store = trained(more, 2, "more.db");
  EXPECT_EQ(store->record()->settings.scales, (std::vector<double>{1, 1.1, 2, 3, 4}));
  EXPECT_EQ(store->trials().size(), 8U);
  ASSERT_EQ(store->record()->networks.size(), 4U);
  EXPECT_GT(store->record()->networks.back().step_seconds, 0);
}

TEST_F(SizeAndTrace, ATraceChecksOftenAtFirstAndTrainsToItsBudget) {
  study::Settings s = size_settings();
  s.kind = study::Kind::trace;
  s.target = study::parse_target("none");
  s.optimizers = {};
  s.learning_rates = {};
  s.scales = {};
  s.configs = study::parse_configs("adam:1e-2,gd:0.1");
  s.budget = 150;
  s.check_every = 50;
  const auto store = trained(s, 1, "trace.db");
  ASSERT_EQ(store->trials().size(), 2U);
  for (const study::Trial& trial : store->trials()) {
    EXPECT_EQ(trial.outcome, study::Outcome::exhausted);
    const study::Curve curve = store->curve(trial.number);
    ASSERT_EQ(curve.points.size(), 21U);  // every 5 until 100, then 150
    EXPECT_EQ(curve.points[0].step, 5U);
    EXPECT_EQ(curve.points[19].step, 100U);
    EXPECT_EQ(curve.points[20].step, 150U);
    EXPECT_EQ(curve.metrics[3], "validation_accuracy");
    for (const study::CurvePoint& point : curve.points) EXPECT_TRUE(point.values[3].has_value());
  }
}

TEST_F(SizeAndTrace, WhatCannotBeTrainedIsRefused) {
  const auto refusal = [&](const study::Settings& settings) -> std::string {
    try {
      require_trainable(settings, set_);
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  };
  study::Settings s = size_settings();
  s.scales = {0.1};
  EXPECT_NE(refusal(s).find("filters become 0"), std::string::npos) << refusal(s);
  s.scales = {};
  EXPECT_NE(refusal(s).find("scales"), std::string::npos);
  s = size_settings();
  s.kind = study::Kind::trace;
  EXPECT_NE(refusal(s).find("configs"), std::string::npos);
  s.scales = {};
  s.configs = {{"adm", 0.1}};
  EXPECT_NE(refusal(s).find("'adam'"), std::string::npos) << refusal(s);
  s = size_settings();
  s.kind = study::Kind::sweep;
  EXPECT_NE(refusal(s).find("only `sweetspot size`"), std::string::npos);
  s = size_settings();
  s.configs = {{"adam", 0.1}};
  EXPECT_NE(refusal(s).find("only `sweetspot trace`"), std::string::npos);
  s = size_settings();
  s.number_grid = {{"deca", {0.9}}};
  EXPECT_NE(refusal(s).find("deca"), std::string::npos) << refusal(s);
}

}  // namespace
}  // namespace sweetspot::cohorts
