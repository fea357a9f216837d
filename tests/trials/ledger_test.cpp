#include "trials/ledger.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace sweetspot::trials {
namespace {

study::Settings settings() {
  study::Settings settings;
  settings.budget = 100;
  settings.target = {.metric = "train_accuracy", .value = 0.9};
  return settings;
}

// An executor whose states are one byte: what it has trained.
class BytesLedger final : public Ledger {
 public:
  BytesLedger() : Ledger(settings(), {}) {}

  bool has_stood_at(uint64_t until, const study::Trial&, uint64_t step,
                    store::StudyStore&) const override {
    return step >= until;
  }

  OpenTrial& begin() {
    const Lock lock(mutex_);
    return begin_next(0);
  }
  void ends(int number, study::Outcome outcome) {
    const Lock lock(mutex_);
    end(number, outcome, "");
  }
  void pauses(int number, uint8_t state) {
    const Lock lock(mutex_);
    pause(number, state, {state});
  }

  int held = 0;     // states that came,
  int dropped = 0;  // and went

 private:
  void hold_state(const StateBytes&) override { ++held; }
  void drop_state(const StateBytes&) override { ++dropped; }
  void settle(study::Trial& trial, const StateBytes& state) const override {
    trial.steps = state.front();
  }
  StateBytes as_copy(const StateBytes& state) const override { return state; }
};

FedSegment segment(int number, uint64_t until = 0) {
  FedSegment segment;
  segment.trial.number = number;
  segment.until = until;
  return segment;
}

// A search that has its answers ready.
struct Feed final : TrialFeed {
  std::vector<std::pair<int, search::SegmentEnd>> told;
  std::vector<std::vector<FedSegment>> answers;

  std::vector<FedSegment> after(const study::Trial& trial, const search::SegmentEnd& end) override {
    told.emplace_back(trial.number, end);
    if (answers.empty()) return {};
    std::vector<FedSegment> answer = std::move(answers.front());
    answers.erase(answers.begin());
    return answer;
  }
};

TEST(Ledger, TrialsBeginInTheOrderInWhichTheyCame) {
  BytesLedger ledger;
  ledger.add(segment(4), std::nullopt, {});
  ledger.add(segment(2), std::nullopt, {});
  EXPECT_EQ(ledger.waiting(0), 2U);
  EXPECT_EQ(ledger.begin().trial.number, 4);
  EXPECT_EQ(ledger.begin().trial.number, 2);
  EXPECT_EQ(ledger.waiting(0), 0U);
  EXPECT_EQ(ledger.open_numbers(), (std::vector<int>{2, 4}));
  EXPECT_EQ(ledger.totals().open, 2U);
}

TEST(Ledger, ATrialHasItsCurveAndGoesOnFromItsState) {
  BytesLedger ledger;
  study::Curve curve{.metrics = {"train_accuracy"}, .points = {}};
  curve.points.push_back({.step = 10, .values = {0.25}});
  curve.points.push_back({.step = 30, .values = {std::nullopt}});
  ledger.add(segment(0, 60), StateBytes{30}, curve);
  const OpenTrial& open = ledger.begin();
  EXPECT_EQ(open.state, StateBytes{30});
  EXPECT_EQ(open.until, 60U);
  EXPECT_EQ(open.last_step, 30U);
  EXPECT_EQ(open.interval, 20U);
  ASSERT_EQ(open.history.size(), 1U);
  EXPECT_EQ(open.history.front().metric, 0.25);
}

TEST(Ledger, WithoutASearchAPausedTrialIsItsStoresAlone) {
  BytesLedger ledger;
  ledger.add(segment(0, 20), std::nullopt, {});
  ledger.begin();
  ledger.pauses(0, 20);
  EXPECT_TRUE(ledger.open_numbers().empty());
  const store::Batch batch = ledger.take_batch();
  ASSERT_EQ(batch.paused.size(), 1U);
  EXPECT_EQ(batch.paused.front().step, 20U);
  ASSERT_EQ(batch.snapshots.size(), 1U);
  EXPECT_EQ(batch.snapshots.front().bytes, StateBytes{20});
  EXPECT_TRUE(ledger.take_batch().empty());
}

TEST(Ledger, ASearchGoesOnWithAPausedTrial) {
  BytesLedger ledger;
  Feed feed;
  ledger.set_feed(feed);
  ledger.add(segment(0, 20), std::nullopt, {});
  OpenTrial& first = ledger.begin();
  first.history.push_back({20, 0.5});
  first.trial.steps = 20;
  feed.answers = {{segment(0, 40)}};
  ledger.pauses(0, 20);
  ASSERT_EQ(feed.told.size(), 1U);
  EXPECT_EQ(feed.told.front().second.steps, 20U);
  EXPECT_FALSE(feed.told.front().second.outcome.has_value());
  OpenTrial& second = ledger.begin();
  EXPECT_EQ(second.from, 20U);
  EXPECT_EQ(second.until, 40U);
  EXPECT_EQ(second.state, StateBytes{20});
  second.history.push_back({40, 0.6});
  second.trial.steps = 40;
  ledger.ends(0, study::Outcome::exhausted);
  // Only of its own stretch.
  ASSERT_EQ(feed.told.back().second.curve.size(), 1U);
  EXPECT_EQ(feed.told.back().second.curve.front().step, 40U);
  EXPECT_EQ(feed.told.back().second.outcome, study::Outcome::exhausted);
}

TEST(Ledger, ACopyBeginsWithTheStateOfAPausedTrial) {
  BytesLedger ledger;
  Feed feed;
  ledger.set_feed(feed);
  ledger.add(segment(0, 20), std::nullopt, {});
  ledger.begin();
  FedSegment copy = segment(1, 40);
  copy.is_new = true;
  copy.trial.origin = study::Origin{.trial = 0, .step = 20};
  copy.trial.steps = 20;
  feed.answers = {{copy, segment(0, 40)}};
  ledger.pauses(0, 20);
  const store::Batch batch = ledger.take_batch();
  ASSERT_EQ(batch.added.size(), 1U);
  ASSERT_EQ(batch.snapshots.size(), 2U);
  EXPECT_EQ(batch.snapshots.back().trial, 1);
  EXPECT_EQ(batch.snapshots.back().step, 20U);
  const OpenTrial& began = ledger.begin();
  EXPECT_EQ(began.trial.number, 1);
  EXPECT_EQ(began.from, 20U);
  EXPECT_EQ(began.state, StateBytes{20});
  EXPECT_EQ(ledger.held, 1);
}

TEST(Ledger, ASearchStopsAPausedTrial) {
  BytesLedger ledger;
  Feed feed;
  ledger.set_feed(feed);
  ledger.add(segment(0, 20), std::nullopt, {});
  ledger.begin();
  FedSegment stop = segment(0);
  stop.stops = true;
  feed.answers = {{stop}};
  ledger.pauses(0, 20);
  const store::Batch batch = ledger.take_batch();
  ASSERT_EQ(batch.ended.size(), 1U);
  EXPECT_EQ(batch.ended.front().outcome, study::Outcome::pruned);
  EXPECT_EQ(batch.ended.front().steps, 20U);
  EXPECT_TRUE(batch.snapshots.empty());
  EXPECT_EQ(ledger.dropped, 1);
  EXPECT_EQ(ledger.totals().ended, 1);
}

TEST(Ledger, OfAnAbandonedTrialNothingIsReported) {
  BytesLedger ledger;
  ledger.add(segment(0), std::nullopt, {});
  ledger.add(segment(1, 20), std::nullopt, {});
  ledger.add(segment(2), std::nullopt, {});
  ledger.begin();
  ledger.begin();
  ledger.ends(0, study::Outcome::exhausted);
  ledger.pauses(1, 20);
  ledger.abandon({0, 1, 2});
  EXPECT_TRUE(ledger.take_batch().empty());
  EXPECT_TRUE(ledger.open_numbers().empty());
}

}  // namespace
}  // namespace sweetspot::trials
