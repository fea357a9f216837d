// Whole studies on small made-up images: what they result in depends on nothing but their settings.
#include "cohorts/study_runner.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "cohorts/prepare_study.hpp"
#include "store/open_store.hpp"
#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cohorts {
namespace {

using testing_support::synthetic_set;
using testing_support::TemporaryFolder;

study::Settings small_settings() {
  study::Settings s;
  s.model = "tiny";
  s.optimizers = {"gd", "adam", "rmsprop", "adadelta"};
  s.learning_rates = {1e-4, 1e-2, 0.1, 1.0, 1e30};
  s.target = {"train_accuracy", 0.8};
  s.budget = 240;
  s.check_every = 20;
  s.batch_size = 10;
  return s;
}

// What must be equal to the bit: all but times.
struct Result {
  std::vector<study::Trial> trials;
  std::vector<study::Curve> curves;
};

Result result_of(store::StudyStore& store) {
  Result result;
  for (study::Trial trial : store.trials()) {
    trial.compute_seconds = 0;
    result.curves.push_back(store.curve(trial.number));
    result.trials.push_back(std::move(trial));
  }
  return result;
}

void expect_equal(const Result& a, const Result& b) {
  ASSERT_EQ(a.trials.size(), b.trials.size());
  for (size_t i = 0; i < a.trials.size(); ++i) {
    const std::string name = space::text_of(a.trials[i].config);
    EXPECT_EQ(a.trials[i].outcome, b.trials[i].outcome) << name;
    EXPECT_EQ(a.trials[i].steps, b.trials[i].steps) << name;
    EXPECT_EQ(a.trials[i].note, b.trials[i].note) << name;
    EXPECT_EQ(a.trials[i].given_up_at, b.trials[i].given_up_at) << name;
    ASSERT_EQ(a.curves[i].points.size(), b.curves[i].points.size()) << name;
    for (size_t p = 0; p < a.curves[i].points.size(); ++p) {
      EXPECT_EQ(a.curves[i].points[p].step, b.curves[i].points[p].step) << name;
      EXPECT_EQ(a.curves[i].points[p].values, b.curves[i].points[p].values) << name;
    }
  }
}

class StudyRunnerTest : public testing::Test {
 protected:
  Result trained(const study::Settings& settings, const RunOptions& options,
                 const std::string& name) {
    const auto store = store::open_sqlite(folder_.path() / name, store::Access::train);
    prepare_study(*store, settings, set_);
    StudyRunner(*store, set_, options).run({});
    return result_of(*store);
  }

  TemporaryFolder folder_;
  data::ImageSet set_ = synthetic_set();
};

TEST_F(StudyRunnerTest, ResultsDependOnSettingsAlone) {
  const study::Settings settings = small_settings();
  const Result expected = trained(settings, {.threads = 1, .lanes = 8}, "one.db");
  const auto reached =
      std::count_if(expected.trials.begin(), expected.trials.end(),
                    [](const study::Trial& t) { return t.outcome == study::Outcome::reached; });
  EXPECT_GT(reached, 2);
  EXPECT_LT(reached, 20);
  expect_equal(expected, trained(settings, {.threads = 2, .lanes = 8}, "two.db"));
  expect_equal(expected, trained(settings, {.threads = 1, .lanes = 16}, "sixteen.db"));
  expect_equal(expected, trained(settings, {.threads = 2, .lanes = 32}, "thirty-two.db"));
  expect_equal(expected,
               trained(settings, {.threads = 2, .lanes = 8, .reverse_order = true}, "reversed.db"));
}

TEST_F(StudyRunnerTest, ATrialAloneIsTheSameAsInCompany) {
  const Result all = trained(small_settings(), {.threads = 2, .lanes = 8}, "all.db");
  study::Settings one = small_settings();
  one.optimizers = {"adam"};
  one.learning_rates = {1e-2};
  const Result alone = trained(one, {.threads = 1, .lanes = 8}, "alone.db");
  ASSERT_EQ(alone.trials.size(), 1U);
  Result in_company;
  for (size_t i = 0; i < all.trials.size(); ++i) {
    if (all.trials[i].config != alone.trials[0].config) continue;
    in_company.trials.push_back(all.trials[i]);
    in_company.curves.push_back(all.curves[i]);
  }
  ASSERT_EQ(in_company.trials.size(), 1U);
  ASSERT_FALSE(alone.curves[0].points.empty());
  expect_equal(alone, in_company);
}

// Without the rule, and with it in an audit: what it said before a pause must not be forgotten.
class Pauses : public StudyRunnerTest, public testing::WithParamInterface<std::string> {};

INSTANTIATE_TEST_SUITE_P(Rule, Pauses, testing::Values("off", "on"));

TEST_P(Pauses, GoesOnWithTheSameRows) {
  study::Settings settings = small_settings();
  settings.early_stop = GetParam();
  settings.audit = GetParam() == "on";
  settings.budget = 400;
  const Result expected = trained(settings, {.threads = 1, .lanes = 8}, "whole.db");
  const auto file = folder_.path() / "paused.db";
  int pauses = 0;
  int resumable = 0;  // trials that a pause left with a snapshot
  for (int call = 0; call < 200; ++call) {
    const auto store = store::open_sqlite(file, store::Access::train);
    prepare_study(*store, settings, set_);
    StudyRunner runner(*store, set_, {.threads = 2, .lanes = 8});
    // Asked for before it starts: each call trains one step and pauses, so a trial is resumed many
    // times from its snapshot; after some of these it is let go.
    if (call < 60) runner.request_pause();
    const run::RunEnd end = runner.run({});
    EXPECT_GE(store->cost().wall_seconds, 0);
    if (!end.paused) break;
    ++pauses;
    for (const study::Trial& trial : store->trials()) {
      resumable += store->rewind(trial.number).has_value() ? 1 : 0;
    }
  }
  EXPECT_GE(pauses, 50);
  EXPECT_GE(resumable, 50);
  const auto store = store::open_sqlite(file, store::Access::train);
  expect_equal(expected, result_of(*store));
}

TEST_F(StudyRunnerTest, MoreRatesAndALargerBudgetExtendAStudy) {
  study::Settings first = small_settings();
  first.learning_rates = {1e-2};
  first.budget = 100;
  trained(first, {.threads = 1, .lanes = 8}, "grown.db");
  const Result grown = trained(small_settings(), {.threads = 2, .lanes = 8}, "grown.db");
  const Result fresh = trained(small_settings(), {.threads = 2, .lanes = 8}, "fresh.db");
  ASSERT_EQ(grown.trials.size(), fresh.trials.size());
  for (size_t i = 0; i < grown.trials.size(); ++i) {
    const auto same =
        std::find_if(fresh.trials.begin(), fresh.trials.end(),
                     [&](const study::Trial& t) { return t.config == grown.trials[i].config; });
    ASSERT_NE(same, fresh.trials.end());
    EXPECT_EQ(same->outcome, grown.trials[i].outcome) << space::text_of(same->config);
    EXPECT_EQ(same->steps, grown.trials[i].steps) << space::text_of(same->config);
  }
}

TEST_F(StudyRunnerTest, AnyOtherDifferenceIsRefused) {
  trained(small_settings(), {.threads = 1, .lanes = 8}, "study.db");
  study::Settings other = small_settings();
  other.check_every = 10;
  try {
    trained(other, {.threads = 1, .lanes = 8}, "study.db");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::study);
    EXPECT_NE(std::string(error.what()).find("check_every: 20 in the study, 10 now"),
              std::string::npos);
  }
}

TEST_F(StudyRunnerTest, AHugeRateDivergesAndSaysSo) {
  study::Settings settings = small_settings();
  settings.optimizers = {"gd"};
  settings.learning_rates = {1e30};
  const Result result = trained(settings, {.threads = 1, .lanes = 8}, "diverged.db");
  EXPECT_EQ(result.trials[0].outcome, study::Outcome::diverged);
  EXPECT_LT(result.trials[0].steps, 20U);
}

TEST_F(StudyRunnerTest, TheSeedsOfAStudyAreTrialsOfTheirOwn) {
  study::Settings settings = small_settings();
  settings.optimizers = {"adam"};
  settings.learning_rates = {1e-2};
  settings.seeds = 3;
  const Result result = trained(settings, {.threads = 1, .lanes = 8}, "seeds.db");
  ASSERT_EQ(result.trials.size(), 3U);
  EXPECT_EQ(result.trials[2].seed, 3U);
  EXPECT_NE(result.curves[0].points[0].values, result.curves[1].points[0].values);
}

TEST_F(StudyRunnerTest, ValidationAccuracyCanBeTheTarget) {
  study::Settings settings = small_settings();
  settings.optimizers = {"adam"};
  settings.learning_rates = {1e-5, 1e-2};
  settings.target = {"validation_accuracy", 0.7};
  const Result result = trained(settings, {.threads = 1, .lanes = 8}, "validation.db");
  const study::Curve& curve = result.curves[1];
  EXPECT_EQ(result.trials[1].outcome, study::Outcome::reached);
  EXPECT_GE(*curve.points.back().values[3], 0.7);
}

TEST_F(StudyRunnerTest, AnAuditTrainsOn) {
  study::Settings settings = small_settings();
  settings.early_stop = "on";
  settings.audit = true;
  settings.optimizers = {"gd"};
  settings.learning_rates = {1e-6};
  const Result result = trained(settings, {.threads = 1, .lanes = 8}, "audit.db");
  EXPECT_EQ(result.trials[0].outcome, study::Outcome::exhausted);
  EXPECT_EQ(result.trials[0].steps, 240U);
  EXPECT_EQ(result.trials[0].given_up_at, 120U);
}

TEST_F(StudyRunnerTest, AnotherNetworkUnderTheSameNameIsRefused) {
  study::Settings settings = small_settings();
  settings.optimizers = {"gd"};
  settings.learning_rates = {0.1};
  settings.budget = 20;
  const auto store = store::open_sqlite(folder_.path() / "net.db", store::Access::train);
  prepare_study(*store, settings, set_);
  data::ImageSet fewer = set_;
  fewer.classes = 9;  // as an earlier version counted them
  try {
    prepare_study(*store, settings, fewer);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("made with another network"), std::string::npos);
  }
}

}  // namespace
}  // namespace sweetspot::cohorts
