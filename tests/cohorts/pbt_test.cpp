// Populations that train: the same study whatever trains it, and every member's schedule trained
// again from the start ends at the same bytes.
#include <gtest/gtest.h>

#include "cohorts/replay.hpp"
#include "support/tune_study.hpp"

namespace sweetspot::cohorts {
namespace {

using testing_support::tune_settings;
using testing_support::TuneTest;

study::Settings population_settings(const std::string& objective) {
  study::Settings s = tune_settings("pbt");
  s.search.population = {.size = 6, .ready = 40, .validation_images = 30};
  s.search.cost = "6x";
  s.search.objective = study::parse_objective(objective);
  if (!s.search.objective.steps_to_target) s.target = study::parse_target("none");
  return s;
}

TEST_F(TuneTest, PopulationsDependOnSettingsAlone) {
  for (const std::string objective : {"best:validation_accuracy", "steps-to-target"}) {
    const study::Settings s = population_settings(objective);
    const std::string expected = trained(s, {.threads = 1, .lanes = 8}, objective + "1.db");
    EXPECT_NE(expected.find("from"), std::string::npos) << objective;
    EXPECT_EQ(expected, trained(s, {.threads = 2, .lanes = 8}, objective + "2.db")) << objective;
    EXPECT_EQ(expected, trained(s, {.threads = 2, .lanes = 16}, objective + "3.db")) << objective;
    EXPECT_EQ(expected, trained(s, {.threads = 2, .lanes = 8}, objective + "4.db", 50))
        << objective;
    EXPECT_EQ(expected, trained(s, {.threads = 1, .lanes = 8}, objective + "1.db")) << objective;
  }
}

TEST_F(TuneTest, EveryMembersScheduleReplaysToTheSameBytes) {
  trained(population_settings("best:validation_accuracy"), {.threads = 2, .lanes = 8}, "study.db");
  const auto store = open("study.db");
  size_t copies = 0;
  size_t longest = 0;
  for (const study::Trial& trial : store->trials()) {
    const Replay again = replay(*store, set_, trial.number, [](uint64_t) {});
    EXPECT_FALSE(again.different.has_value()) << again.different.value_or("");
    EXPECT_GE(again.compared, 4 * trial.steps / 20);
    EXPECT_EQ(again.end.state.step, trial.steps);
    copies += trial.origin.has_value() ? 1 : 0;
    longest = std::max(longest, again.schedule.size());
  }
  EXPECT_GE(copies, 4U);
  EXPECT_GE(longest, 2U);
  EXPECT_THROW(replay(*store, set_, 1000, [](uint64_t) {}), Error);
}

// While the study is paused its snapshots are there to be compared with.
TEST_F(TuneTest, AReplayOfAPausedPopulationHasTheSameSnapshots) {
  const auto store = open("study.db");
  prepare_study(*store, population_settings("best:validation_accuracy"), set_);
  for (int i = 0; i < 130; ++i) {
    StudyRunner runner(*store, set_, {.threads = 1, .lanes = 8});
    runner.request_pause();
    runner.run({});
  }
  size_t copies = 0;
  for (const study::Trial& trial : store->trials()) {
    if (trial.outcome.has_value() || !store->snapshot(trial.number).has_value()) continue;
    const Replay again = replay(*store, set_, trial.number, [](uint64_t) {});
    EXPECT_FALSE(again.different.has_value());
    EXPECT_EQ(again.same_snapshot, true);
    copies += trial.origin.has_value() ? 1 : 0;
  }
  EXPECT_GE(copies, 1U);
}

TEST_F(TuneTest, RefusesWhatIsNoPopulation) {
  study::Settings s = population_settings("best:train_accuracy");
  EXPECT_EQ(refusal(s), "");
  s.search.population.size = 1;
  EXPECT_NE(refusal(s).find("population 1: must be at least 2"), std::string::npos);
  s = population_settings("best:train_accuracy");
  s.search.population.size = 100;
  EXPECT_NE(refusal(s).find("fewer than the 40 of ready"), std::string::npos);
  s = population_settings("best:train_accuracy");
  s.search.population.exploit = "tournamnet";
  EXPECT_NE(refusal(s).find("the nearest known is 'tournament'"), std::string::npos);
}

}  // namespace
}  // namespace sweetspot::cohorts
