// Continuous batching over a host that writes down all it is told.
#include "train/cohort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "models/named_models.hpp"
#include "support/synthetic_data.hpp"

namespace sweetspot::train {
namespace {

constexpr int kBatch = 20;

class Notebook final : public CohortHost {
 public:
  std::optional<CohortTrial> next_trial(size_t) override {
    if (waiting.empty()) return std::nullopt;
    CohortTrial trial = std::move(waiting.front());
    waiting.pop_front();
    return trial;
  }
  AfterCheck check(const CohortCheck& check) override {
    checks[check.number].push_back(check);
    events.emplace_back(check.number, check.step);
    if (check.step < last_step.at(check.number)) return AfterCheck::go_on;
    return pauses_at_last ? AfterCheck::pause : AfterCheck::end;
  }
  void diverged(const CohortCheck& last) override { divergences[last.number] = last.step; }
  void snapshot(int number, const TrialSnapshot& snapshot) override {
    snapshots[number].push_back(snapshot);
  }
  double snapshot_write_seconds() override { return 0; }
  bool pause_requested() override { return paused; }

  std::deque<CohortTrial> waiting;
  std::map<int, uint64_t> last_step;  // the check at which a trial ends
  std::map<int, std::vector<CohortCheck>> checks;
  std::vector<std::pair<int, uint64_t>> events;  // checks in the order in which they came
  std::map<int, uint64_t> divergences;
  std::map<int, std::vector<TrialSnapshot>> snapshots;
  bool paused = false;
  bool pauses_at_last = false;  // instead of ending
};

class CohortTest : public testing::Test {
 protected:
  CohortTest()
      : set_(testing_support::synthetic_set(12, 600, 60)),
        parts_(data::split(set_)),
        network_(models::named_network("tiny", 1, {1, 12, 12}, 10)),
        training_(network_, parts_.training.pixels, parts_.training.labels),
        validation_(network_, parts_.validation.pixels, parts_.validation.labels),
        order_(training_.count(), kBatch) {}

  static CohortTrial trial(int number, double rate = 0.05) {
    CohortTrial trial;
    trial.number = number;
    trial.recipe.optimizer = optimizer_index("momentum");
    trial.recipe.learning_rate = rate;
    trial.recipe.numbers = optimizer_numbers(trial.recipe.optimizer, trial.recipe.semantics, {});
    trial.recipe.seed = static_cast<uint64_t>(number) + 1;
    return trial;
  }

  CohortUse run(Notebook& host, const CohortOptions& options) {
    return Cohort(network_, training_, order_, options, host).run();
  }

  data::ImageSet set_;
  data::Split parts_;
  Network network_;
  Images training_;
  Images validation_;
  data::MinibatchOrder order_;
};

TEST_F(CohortTest, AnEndedTrialsLaneTakesTheNextAtItsOwnStepZero) {
  Notebook host;
  for (int number = 0; number < 20; ++number) {
    host.waiting.push_back(trial(number));
    host.last_step[number] = number % 3 == 0 ? 10 : 30;
  }
  run(host, {.check_every = 10, .budget = 100});
  ASSERT_EQ(host.checks.size(), 20U);
  for (const auto& [number, checks] : host.checks) {
    EXPECT_EQ(checks.front().step, 10U);
    EXPECT_EQ(checks.back().step, host.last_step[number]);
  }
  // Trial 8 has taken the lane of a short one and is at its step 10 while trial 1 is still under
  // way.
  const auto at = [&](int number, uint64_t step) {
    return std::find(host.events.begin(), host.events.end(), std::pair(number, step));
  };
  EXPECT_LT(at(8, 10), at(1, 30));
}

TEST_F(CohortTest, AccuracyAndLossAreOverTheLastFiftySteps) {
  Notebook every;
  every.waiting.push_back(trial(0));
  every.last_step[0] = 120;
  run(every, {.check_every = 1, .budget = 120});
  const std::vector<CohortCheck>& checks = every.checks[0];
  // What one step adds follows from the running accuracy, which counts from step 0.
  std::vector<double> correct = {0};
  for (const CohortCheck& check : checks) {
    correct.push_back(check.running_accuracy * static_cast<double>(check.step * kBatch));
  }
  EXPECT_NEAR(checks[119].train_accuracy, (correct[120] - correct[70]) / (50 * kBatch), 1e-9);
  EXPECT_NEAR(checks[19].train_accuracy, correct[20] / (20 * kBatch), 1e-9);
  EXPECT_LT(checks[119].loss, checks[49].loss);
}

TEST_F(CohortTest, TheBudgetIsACheckEvenOffTheGrid) {
  Notebook host;
  host.waiting.push_back(trial(0));
  host.last_step[0] = 25;
  run(host, {.check_every = 10, .budget = 25});
  ASSERT_EQ(host.checks[0].size(), 3U);
  EXPECT_EQ(host.checks[0].back().step, 25U);
}

TEST_F(CohortTest, ADivergedTrialEndsAtOnceAndFreesItsLane) {
  Notebook host;
  for (int number = 0; number < 9; ++number) {
    host.waiting.push_back(trial(number, number < 8 ? 1e30 : 0.05));
    host.last_step[number] = 40;
  }
  run(host, {.check_every = 20, .budget = 40});
  EXPECT_EQ(host.divergences.size(), 8U);
  for (const auto& [number, step] : host.divergences) EXPECT_LT(step, 20U);
  EXPECT_EQ(host.checks[8].back().step, 40U);
}

TEST_F(CohortTest, ValidationAccuracyIsTakenWhereAskedFor) {
  Notebook host;
  host.waiting.push_back(trial(0));
  host.last_step[0] = 60;
  run(host, {.check_every = 30, .budget = 60, .validation = &validation_});
  EXPECT_GT(*host.checks[0].back().validation_accuracy,
            *host.checks[0].front().validation_accuracy);
}

TEST_F(CohortTest, AnySnapshotGoesOnToTheSameEnd) {
  Notebook whole;
  whole.waiting.push_back(trial(0));
  whole.last_step[0] = 60;
  run(whole, {.check_every = 30, .budget = 60, .snapshot_seconds = 0, .snapshot_share = 1});
  ASSERT_GT(whole.snapshots[0].size(), 3U);
  for (const TrialSnapshot& snapshot : whole.snapshots[0]) {
    if (snapshot.state.step >= 60) continue;
    Notebook rest;
    rest.waiting.push_back(trial(0));
    rest.waiting.back().snapshot = snapshot_from_bytes(to_bytes(snapshot));
    rest.last_step[0] = 60;
    run(rest, {.check_every = 30, .budget = 60});
    EXPECT_EQ(rest.checks[0].back().train_accuracy, whole.checks[0].back().train_accuracy);
    EXPECT_EQ(rest.checks[0].back().running_accuracy, whole.checks[0].back().running_accuracy);
    EXPECT_EQ(rest.checks[0].back().loss, whole.checks[0].back().loss);
  }
}

TEST_F(CohortTest, SnapshotsAreTakenNoOftenerThanAsked) {
  Notebook host;
  host.waiting.push_back(trial(0));
  host.last_step[0] = 60;
  run(host, {.check_every = 30, .budget = 60, .snapshot_seconds = 1000});
  EXPECT_TRUE(host.snapshots.empty());
}

TEST_F(CohortTest, APauseGivesASnapshotOfEveryTrialUnderWay) {
  Notebook host;
  host.paused = true;
  for (int number = 0; number < 3; ++number) {
    host.waiting.push_back(trial(number));
    host.last_step[number] = 60;
  }
  run(host, {.check_every = 30, .budget = 60});
  EXPECT_EQ(host.snapshots.size(), 3U);
  EXPECT_EQ(host.snapshots[2].front().state.step, 1U);
}

// A trial that its host pauses gives the state to go on from, and its lane to the next one.
TEST_F(CohortTest, TrialThatPausesGoesOnFromItsSnapshotToTheSameChecks) {
  CohortOptions options;
  options.check_every = 10;
  options.budget = 60;
  Notebook whole;
  whole.waiting.push_back(trial(0));
  whole.last_step[0] = 60;
  run(whole, options);
  Notebook first;
  first.pauses_at_last = true;
  first.waiting.push_back(trial(0));
  first.last_step[0] = 30;
  run(first, options);
  ASSERT_EQ(first.snapshots[0].size(), 1U);
  EXPECT_EQ(first.snapshots[0][0].state.step, 30U);
  Notebook second;
  CohortTrial going_on = trial(0);
  going_on.snapshot = first.snapshots[0][0];
  second.waiting.push_back(std::move(going_on));
  second.last_step[0] = 60;
  run(second, options);
  ASSERT_EQ(second.checks[0].size(), 3U);
  EXPECT_EQ(second.checks[0].back().step, 60U);
  EXPECT_EQ(second.checks[0].back().loss, whole.checks[0].back().loss);
  EXPECT_EQ(second.checks[0].back().running_accuracy, whole.checks[0].back().running_accuracy);
}

}  // namespace
}  // namespace sweetspot::train
