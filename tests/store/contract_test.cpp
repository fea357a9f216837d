// What every store must hold to; run over each kind of store.
#include <gtest/gtest.h>

#include <fstream>

#include "store/sqlite_store.hpp"
#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

using testing_support::TemporaryFolder;

StudyRecord example_record() {
  StudyRecord record;
  record.settings.optimizers = {"gd"};
  record.settings.learning_rates = {0.1};
  record.program_version = "1";
  record.data_checksum = "abc";
  record.weights = 3371;
  record.operations_per_step = 4.1e7;
  record.early_stop = "on";
  return record;
}

study::Trial example_trial(int number) {
  study::Trial trial;
  trial.number = number;
  trial.config = {{"optimizer", std::string("gd")}, {"learning_rate", 0.1 * (number + 1)}};
  trial.seed = 7;
  return trial;
}

class Contract : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_.path() / "study.db"; }
  std::unique_ptr<StudyStore> open(Access access = Access::train) {
    return open_sqlite(file(), access);
  }
  std::unique_ptr<StudyStore> started() {
    auto store = open();
    store->write_record(example_record(), {"accuracy", "loss"});
    store->add_trials({example_trial(0), example_trial(1)});
    return store;
  }
  static std::string error_of(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  }

  TemporaryFolder folder_;
};

TEST_F(Contract, KeepsTheRecord) {
  EXPECT_FALSE(open()->record().has_value());
  started();
  const auto record = open()->record();
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->settings, example_record().settings);
  EXPECT_EQ(record->data_checksum, "abc");
  EXPECT_EQ(record->weights, 3371U);
}

TEST_F(Contract, KeepsTrialsAndHowTheyEnded) {
  auto store = started();
  study::Trial ended = example_trial(1);
  ended.outcome = study::Outcome::hopeless;
  ended.steps = 300;
  ended.compute_seconds = 0.5;
  ended.given_up_at = 300;
  ended.note = "why";
  ended.reproducible = false;
  store->write({.observations = {}, .ended = {ended}, .snapshots = {}, .cost = {}});
  store.reset();
  const auto trials = open()->trials();
  ASSERT_EQ(trials.size(), 2U);
  EXPECT_FALSE(trials[0].outcome.has_value());
  EXPECT_EQ(trials[1].outcome, study::Outcome::hopeless);
  EXPECT_EQ(trials[1].steps, 300U);
  EXPECT_EQ(trials[1].given_up_at, 300U);
  EXPECT_EQ(trials[1].note, "why");
  EXPECT_FALSE(trials[1].reproducible);
  EXPECT_EQ(trials[1].config, ended.config);
}

TEST_F(Contract, AValueThatIsNotFiniteIsNone) {
  auto store = started();
  store->write({.observations = {{0, {50, {0.5, NAN}}}, {0, {100, {INFINITY, 0.25}}}},
                .ended = {},
                .snapshots = {},
                .cost = {}});
  const study::Curve curve = store->curve(0);
  EXPECT_EQ(curve.metrics, (std::vector<std::string>{"accuracy", "loss"}));
  ASSERT_EQ(curve.points.size(), 2U);
  EXPECT_EQ(curve.points[0].values[0], 0.5);
  EXPECT_FALSE(curve.points[0].values[1].has_value());
  EXPECT_FALSE(curve.points[1].values[0].has_value());
}

TEST_F(Contract, RewindsToTheSnapshotOrToTheStart) {
  auto store = started();
  store->write({.observations = {{0, {50, {0.5, 1}}}, {0, {100, {0.6, 1}}}, {1, {50, {0.5, 1}}}},
                .ended = {},
                .snapshots = {{0, 50, {1, 2, 3}}},
                .cost = {}});
  EXPECT_EQ(store->rewind(0), (std::vector<uint8_t>{1, 2, 3}));
  EXPECT_EQ(store->curve(0).points.size(), 1U);
  EXPECT_FALSE(store->rewind(1).has_value());
  EXPECT_TRUE(store->curve(1).points.empty());
}

TEST_F(Contract, AnEndedTrialsSnapshotGoes) {
  auto store = started();
  store->write({.observations = {}, .ended = {}, .snapshots = {{0, 50, {1}}}, .cost = {}});
  study::Trial ended = example_trial(0);
  ended.outcome = study::Outcome::reached;
  store->write({.observations = {}, .ended = {ended}, .snapshots = {}, .cost = {}});
  EXPECT_FALSE(store->rewind(0).has_value());
}

TEST_F(Contract, ResetTrialsWaitAgain) {
  auto store = started();
  study::Trial ended = example_trial(0);
  ended.outcome = study::Outcome::exhausted;
  store->write(
      {.observations = {{0, {50, {0.5, 1}}}}, .ended = {ended}, .snapshots = {}, .cost = {}});
  store->reset_trials({0});
  EXPECT_FALSE(store->trials()[0].outcome.has_value());
  EXPECT_TRUE(store->curve(0).points.empty());
}

TEST_F(Contract, CostsOfSeveralCallsAddUp) {
  auto store = started();
  store->write(
      {.observations = {{0, {50, {0.5, 1}}}}, .ended = {}, .snapshots = {}, .cost = {1, 2, 3}});
  store->write({.observations = {}, .ended = {}, .snapshots = {}, .cost = {2, 3, 4}});
  store.reset();
  store = open();
  store->write({.observations = {}, .ended = {}, .snapshots = {}, .cost = {10, 10, 10}});
  EXPECT_EQ(store->cost().wall_seconds, 12);
  EXPECT_EQ(store->cost().lane_seconds, 14);
}

TEST_F(Contract, OneTrainsWhileOthersRead) {
  auto store = started();
  EXPECT_NE(error_of([&] { open(); }).find("another process is training"), std::string::npos);
  EXPECT_EQ(open(Access::read)->trials().size(), 2U);
  store->write({.observations = {{0, {50, {0.5, 1}}}}, .ended = {}, .snapshots = {}, .cost = {}});
  EXPECT_EQ(open(Access::read)->curve(0).points.size(), 1U);
}

TEST_F(Contract, PartsDoNotSeeOneAnother) {
  started();
  {
    auto sizes = open_sqlite(file(), Access::train, "size");
    EXPECT_FALSE(sizes->record().has_value());
    StudyRecord record = example_record();
    record.networks = {{"", 1.25, 4000, 5e7, 0.001}, {"tiny", 1, 3371, 4e7, 0}};
    sizes->write_record(record, {"accuracy", "loss"});
    sizes->add_trials({example_trial(0)});
    sizes->write({.observations = {{0, {50, {0.25, 1}}}},
                  .ended = {},
                  .snapshots = {{0, 50, {9}}},
                  .cost = {.wall_seconds = 3, .busy_lane_seconds = 1, .lane_seconds = 2}});
    EXPECT_EQ(sizes->parts(), (std::vector<std::string>{"sweep", "size"}));
    EXPECT_EQ(sizes->record()->networks, record.networks);
  }
  auto sweep = open();
  EXPECT_EQ(sweep->trials().size(), 2U);
  EXPECT_TRUE(sweep->curve(0).points.empty());
  EXPECT_FALSE(sweep->rewind(0).has_value());
  EXPECT_EQ(sweep->cost().wall_seconds, 0);
  sweep.reset();
  EXPECT_EQ(open_sqlite(file(), Access::read, "size")->curve(0).points.size(), 1U);
}

TEST_F(Contract, RefusesWhatIsNoStudy) {
  EXPECT_NE(error_of([&] { open(Access::read); }).find("no such study file"), std::string::npos);
  std::ofstream(file()) << "this is no database, but long enough to look like a file of some kind";
  EXPECT_NE(error_of([&] { open(); }).find("not a SQLite file"), std::string::npos);
  EXPECT_NE(error_of([&] { open(Access::read); }).find("not a SQLite file"), std::string::npos);
  EXPECT_NE(
      error_of([&] { open_sqlite("/proc/no/study.db", Access::train); }).find("cannot be opened"),
      std::string::npos);
}

}  // namespace
}  // namespace sweetspot::store
