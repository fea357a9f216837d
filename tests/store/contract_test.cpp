// What every store must hold to; run over each kind of store.
#include <gtest/gtest.h>

#include <cmath>

#include "support/any_store.hpp"

namespace sweetspot::store {
namespace {

class Contract : public testing_support::AnyStore {
 protected:
  std::unique_ptr<StudyStore> open(Access access = Access::train) { return AnyStore::open(access); }
  std::unique_ptr<StudyStore> started() {
    auto store = open();
    store->write_record(example_record(), {"accuracy", "loss"});
    store->add_trials({example_trial(0), example_trial(1)});
    return store;
  }
};

FOR_EVERY_STORE(Contract);

TEST_P(Contract, KeepsTheRecord) {
  EXPECT_FALSE(open()->record().has_value());
  started();
  const auto record = open()->record();
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->settings, example_record().settings);
  EXPECT_EQ(record->data_checksum, "abc");
  EXPECT_EQ(record->arithmetic, "abcdef");
  EXPECT_EQ(record->weights, 3371U);
}

TEST_P(Contract, AStudyHasOneIdentityWhateverThePart) {
  EXPECT_EQ(open()->identity(), "");
  auto store = started();
  const std::string identity = store->identity();
  EXPECT_EQ(identity.size(), 32U);
  EXPECT_EQ(identity.find_first_not_of("0123456789abcdef"), std::string::npos);
  store->write_record(example_record(), {});
  EXPECT_EQ(store->identity(), identity);
  store.reset();
  const auto other = AnyStore::open(Access::share, "size");
  EXPECT_EQ(other->identity(), identity);
  other->write_record(example_record(), {});
  EXPECT_EQ(other->identity(), identity);
  EXPECT_EQ(other->record()->identity, identity);
}

TEST_P(Contract, TwoStudiesOfOneStoreHaveTwoIdentities) {
  const std::string first = started()->identity();
  address_.study += " beside it";
  EXPECT_NE(started()->identity(), first);
  address_.study += ", a third";
  StudyRecord record = example_record();
  record.identity = "0123456789abcdef0123456789abcdef";
  auto store = open();
  store->write_record(record, {});
  EXPECT_EQ(store->identity(), record.identity);
}

TEST_P(Contract, KeepsTrialsAndHowTheyEnded) {
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

TEST_P(Contract, AValueThatIsNotFiniteIsNone) {
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

TEST_P(Contract, AStepWithoutAnyNumberIsThereAllTheSame) {
  auto store = started();
  store->write({.observations = {{0, {50, {std::nullopt, NAN}}}, {0, {100, {0.5, std::nullopt}}}},
                .ended = {},
                .snapshots = {},
                .cost = {}});
  // The step's other metric comes later.
  store->write({.observations = {{0, {50, {0.25, std::nullopt}}}},
                .ended = {},
                .snapshots = {},
                .cost = {}});
  const study::Curve curve = store->curve(0);
  ASSERT_EQ(curve.points.size(), 2U);
  EXPECT_EQ(curve.points[0].step, 50U);
  EXPECT_EQ(curve.points[0].values[0], 0.25);
  EXPECT_FALSE(curve.points[0].values[1].has_value());
  EXPECT_EQ(curve.points[1].values[0], 0.5);
  EXPECT_FALSE(curve.points[1].values[1].has_value());
}

TEST_P(Contract, RewindsToTheSnapshotOrToTheStart) {
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

TEST_P(Contract, AnEndedTrialsSnapshotGoes) {
  auto store = started();
  store->write({.observations = {}, .ended = {}, .snapshots = {{0, 50, {1}}}, .cost = {}});
  study::Trial ended = example_trial(0);
  ended.outcome = study::Outcome::reached;
  store->write({.observations = {}, .ended = {ended}, .snapshots = {}, .cost = {}});
  EXPECT_FALSE(store->rewind(0).has_value());
}

TEST_P(Contract, ResetTrialsWaitAgain) {
  auto store = started();
  study::Trial ended = example_trial(0);
  ended.outcome = study::Outcome::exhausted;
  store->write(
      {.observations = {{0, {50, {0.5, 1}}}}, .ended = {ended}, .snapshots = {}, .cost = {}});
  store->reset_trials({0});
  EXPECT_FALSE(store->trials()[0].outcome.has_value());
  EXPECT_TRUE(store->curve(0).points.empty());
}

TEST_P(Contract, CostsOfSeveralCallsAddUp) {
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

TEST_P(Contract, PartsDoNotSeeOneAnother) {
  started();
  {
    auto sizes = AnyStore::open(Access::train, "size");
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
  EXPECT_EQ(AnyStore::open(Access::read, "size")->curve(0).points.size(), 1U);
}

TEST_P(Contract, NumbersComeBackToTheBit) {
  auto store = started();
  const std::vector<std::optional<double>> values = {0.1 + 0.2, 1.0 / 3};
  study::Trial ended = example_trial(1);
  ended.outcome = study::Outcome::reached;
  ended.compute_seconds = 1e-300 / 3;
  store->write({.observations = {{0, {1ULL << 40U, values}}}, .ended = {ended}, .cost = {}});
  EXPECT_EQ(store->curve(0).points[0].values, values);
  EXPECT_EQ(store->curve(0).points[0].step, 1ULL << 40U);
  EXPECT_EQ(store->trials()[1].compute_seconds, ended.compute_seconds);
}

TEST_P(Contract, TextComesBackAsItWas) {
  auto store = started();
  study::Trial ended = example_trial(0);
  ended.outcome = study::Outcome::failed;
  ended.note = "a 'quoted' \"note\"; DROP TABLE trial; -- $1 \\ \xc3\xa9\n";
  store->write({.observations = {}, .ended = {ended}, .snapshots = {}, .cost = {}});
  EXPECT_EQ(store->trials()[0].note, ended.note);
}

TEST_P(Contract, ALargeSnapshotComesBackByteForByte) {
  auto store = started();
  std::vector<uint8_t> bytes(5'000'000);
  uint32_t next = 1;
  for (uint8_t& byte : bytes) {
    next = next * 1664525 + 1013904223;
    byte = static_cast<uint8_t>(next >> 24U);
  }
  store->write({.observations = {}, .ended = {}, .snapshots = {{0, 50, bytes}}, .cost = {}});
  EXPECT_EQ(store->snapshot(0), bytes);
}

TEST_P(Contract, ThousandsOfRowsInOneWriteAndAllOrNone) {
  auto store = started();
  Batch batch;
  for (uint64_t step = 1; step <= 3000; ++step) {
    batch.observations.push_back({0, {step, {0.5, static_cast<double>(step)}}});
  }
  store->write(batch);
  ASSERT_EQ(store->curve(0).points.size(), 3000U);
  EXPECT_EQ(store->curve(0).points.back().values[1], 3000.0);
  // A trial that is there already.
  Batch bad = {.added = {example_trial(2), example_trial(1)}, .observations = {}};
  EXPECT_NE(error_of([&] { store->write(bad); }), "none");
  EXPECT_EQ(store->trials().size(), 2U);
  store->write({.added = {example_trial(2)}, .observations = {{2, {1, {0.5, 1}}}}, .cost = {}});
  EXPECT_EQ(store->trials().size(), 3U);
}

TEST_P(Contract, StudiesOfOtherNamesAreApart) {
  started();
  Address other = address_;
  other.study += "another";
  auto store = open_store(other, Access::train);
  EXPECT_FALSE(store->record().has_value());
  store->write_record(example_record(), {"loss"});
  EXPECT_TRUE(store->trials().empty());
  store->add_trials({example_trial(0)});
  store->write({.observations = {{0, {50, {0.125}}}}, .ended = {}, .cost = {}});
  EXPECT_EQ(store->curve(0).metrics, std::vector<std::string>{"loss"});
  store.reset();
  const auto names = studies_of(address_.store);
  EXPECT_EQ(names[names.size() - 2], address_.study);
  EXPECT_EQ(names.back(), other.study);
  EXPECT_TRUE(open(Access::read)->curve(0).points.empty());
  Address unknown = address_;
  unknown.study += "anothr";
  EXPECT_NE(error_of([&] { open_store(unknown, Access::read); }).find(other.study),
            std::string::npos);
}

}  // namespace
}  // namespace sweetspot::store
