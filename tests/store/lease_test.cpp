// What several workers rely on, over each kind of store.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "support/any_store.hpp"

namespace sweetspot::store {
namespace {

constexpr double kShortLease = 0.2;

void outlast_lease() {
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
}

class Leases : public testing_support::AnyStore {
 protected:
  void start(int trials) {
    auto store = open(Access::share);
    store->atomically([&] {
      store->write_record(example_record(), {"accuracy"});
      std::vector<study::Trial> all;
      for (int i = 0; i < trials; ++i) all.push_back(example_trial(i));
      store->add_trials(all);
    });
  }
  std::unique_ptr<StudyStore> worker(const std::string& name, double lease_seconds = 60) {
    auto store = open(Access::share);
    store->join({name, lease_seconds});
    return store;
  }
  static std::vector<int> numbers(const std::vector<Claim>& claims) {
    std::vector<int> all;
    for (const Claim& claim : claims) all.push_back(claim.segment.trial.number);
    return all;
  }
  static study::Trial ended(int number, study::Outcome outcome = study::Outcome::reached) {
    study::Trial trial = example_trial(number);
    trial.outcome = outcome;
    trial.steps = 100;
    return trial;
  }
  static Batch end_of(int number) {
    return {.observations = {{number, {100, {0.97}}}}, .ended = {ended(number)}, .cost = {}};
  }
};

FOR_EVERY_STORE(Leases);

TEST_P(Leases, AClaimIsOneWorkersAlone) {
  start(5);
  auto a = worker("a");
  auto b = worker("b");
  EXPECT_EQ(numbers(a->claim(3, std::nullopt)), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(numbers(b->claim(3, std::nullopt)), (std::vector<int>{3, 4}));
  EXPECT_TRUE(a->claim(3, std::nullopt).empty());
  EXPECT_EQ(a->beat(), (std::vector<int>{0, 1, 2}));
}

TEST_P(Leases, ThoseOfTheLowestPriorityNumberFirstAndOfOneScale) {
  start(0);
  auto store = worker("a");
  std::vector<study::Trial> trials;
  for (int i = 0; i < 6; ++i) {
    trials.push_back(example_trial(i));
    trials.back().config["scale"] = i < 3 ? 1.0 : 2.5;
    trials.back().priority = 10 - i;
  }
  store->add_trials(trials);
  EXPECT_EQ(numbers(store->claim(2, std::nullopt)), (std::vector<int>{5, 4}));
  EXPECT_EQ(numbers(store->claim(9, 1.0)), (std::vector<int>{2, 1, 0}));
  EXPECT_EQ(numbers(store->claim(9, std::nullopt)), (std::vector<int>{3}));
}

TEST_P(Leases, EveryTrialGoesToOneOfManyThatClaimAtOnce) {
  constexpr int kTrials = 120;
  constexpr int kWorkers = 6;
  start(kTrials);
  std::vector<std::vector<int>> taken(kWorkers);
  std::vector<std::thread> threads;
  for (int i = 0; i < kWorkers; ++i) {
    threads.emplace_back([&, i] {
      auto store = worker(std::to_string(i));
      while (true) {
        const std::vector<int> more = numbers(store->claim(3, std::nullopt));
        if (more.empty()) break;
        for (const int number : more) {
          EXPECT_TRUE(store->write(end_of(number)).empty());
          taken[static_cast<size_t>(i)].push_back(number);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::multiset<int> all;
  for (const auto& numbers : taken) all.insert(numbers.begin(), numbers.end());
  EXPECT_EQ(all.size(), static_cast<size_t>(kTrials));
  EXPECT_EQ(std::set<int>(all.begin(), all.end()).size(), static_cast<size_t>(kTrials));
  const auto store = open(Access::read);
  EXPECT_EQ(store->standing().reached, kTrials);
  EXPECT_FALSE(store->has_open_trials());
}

TEST_P(Leases, AnExpiredTrialWaitsAgainWithItsLastSnapshot) {
  start(1);
  auto late = worker("late", kShortLease);
  ASSERT_EQ(late->claim(1, std::nullopt).size(), 1U);
  EXPECT_TRUE(late->write({.observations = {{0, {50, {0.5}}}, {0, {100, {0.6}}}},
                           .ended = {},
                           .snapshots = {{0, 50, {1, 2, 3}}},
                           .cost = {}})
                  .empty());
  auto other = worker("other");
  EXPECT_TRUE(other->claim(1, std::nullopt).empty());
  outlast_lease();
  other->beat();
  const auto claims = other->claim(1, std::nullopt);
  ASSERT_EQ(claims.size(), 1U);
  EXPECT_EQ(claims[0].snapshot, (std::vector<uint8_t>{1, 2, 3}));
  EXPECT_EQ(claims[0].curve.points.size(), 1U);
  // Whatever the late one still says is refused.
  EXPECT_EQ(late->write(end_of(0)), std::vector<int>{0});
  EXPECT_EQ(late->write({.observations = {{0, {100, {0.7}}}}, .ended = {}, .cost = {}}),
            std::vector<int>{0});
  EXPECT_EQ(late->beat(), std::nullopt);
  EXPECT_EQ(other->curve(0).points.size(), 1U);
  EXPECT_FALSE(other->trials()[0].outcome.has_value());
  // Under a new number it takes part again.
  late->join({"late", 60});
  EXPECT_TRUE(late->claim(1, std::nullopt).empty());
  EXPECT_TRUE(other->write(end_of(0)).empty());
  EXPECT_EQ(late->trials()[0].worker, "other");
}

TEST_P(Leases, AWorkerThatWasGivenUpTakesNothing) {
  start(2);
  auto late = worker("late", kShortLease);
  auto other = worker("other");
  outlast_lease();
  other->beat();
  EXPECT_TRUE(late->claim(1, std::nullopt).empty());
  EXPECT_TRUE(late->take({0}).empty());
  EXPECT_EQ(late->beat(), std::nullopt);
  late->join({"late", 60});
  EXPECT_EQ(late->take({0}), std::vector<int>{0});
  EXPECT_EQ(numbers(late->claim(1, std::nullopt)), std::vector<int>{1});
}

TEST_P(Leases, ABeatHoldsTheLease) {
  start(1);
  // Long enough that none of these calls takes so long, and over before the last beat.
  auto slow = worker("slow", 3);
  auto other = worker("other");
  slow->claim(1, std::nullopt);
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));
    EXPECT_EQ(slow->beat(), std::vector<int>{0});
    other->beat();
    EXPECT_TRUE(other->claim(1, std::nullopt).empty());
  }
}

TEST_P(Leases, ABatchWhoseAnswerWasLostCanBeWrittenAgain) {
  start(1);
  auto store = worker("a");
  store->claim(1, std::nullopt);
  EXPECT_TRUE(store->write(end_of(0)).empty());
  EXPECT_TRUE(store->write(end_of(0)).empty());
  EXPECT_EQ(store->curve(0).points.size(), 1U);
  EXPECT_EQ(store->standing().ended, 1);
}

TEST_P(Leases, WhatIsGivenBackWaits) {
  start(3);
  auto a = worker("a");
  auto b = worker("b");
  a->claim(3, std::nullopt);
  a->give_back({1});
  EXPECT_EQ(numbers(b->claim(3, std::nullopt)), std::vector<int>{1});
  a->leave();
  EXPECT_EQ(numbers(b->claim(3, std::nullopt)), (std::vector<int>{0, 2}));
}

study::FedSegment segment(study::Trial trial, uint64_t until, bool is_new) {
  return {.trial = std::move(trial), .until = until, .is_new = is_new};
}

TEST_P(Leases, WhatASearchAsksForIsPublishedOnceHoweverManyAsk) {
  start(0);
  auto a = worker("a");
  auto b = worker("b");
  a->publish({segment(example_trial(0), 200, true)});
  const auto claims = a->claim(1, std::nullopt);
  ASSERT_EQ(claims.size(), 1U);
  EXPECT_EQ(claims[0].segment.until, 200U);
  b->publish({segment(example_trial(0), 200, true)});
  EXPECT_TRUE(b->claim(1, std::nullopt).empty());
  a->write({.observations = {{0, {200, {0.5}}}},
            .ended = {},
            .snapshots = {{0, 200, {7}}},
            .paused = {{0, 200, 1.5}},
            .cost = {}});
  // It stands where it paused, until it is asked for again; and one trial is a copy of it.
  EXPECT_TRUE(b->claim(1, std::nullopt).empty());
  ASSERT_EQ(b->stopped_among({0, 1}).size(), 1U);
  EXPECT_EQ(b->stopped_among({0, 1})[0].steps, 200U);
  study::Trial copy = example_trial(1);
  copy.origin = study::Origin{0, 200};
  const std::vector<study::FedSegment> round = {segment(example_trial(0), 400, false),
                                                segment(copy, 400, true)};
  b->publish(round);
  a->publish(round);
  a->publish({segment(example_trial(0), 200, true)});
  auto more = b->claim(9, std::nullopt);
  ASSERT_EQ(numbers(more), (std::vector<int>{0, 1}));
  EXPECT_EQ(more[1].snapshot, std::vector<uint8_t>{7});
  EXPECT_EQ(more[1].segment.trial.origin, copy.origin);
  EXPECT_EQ(more[0].segment.until, 400U);
  EXPECT_EQ(more[0].curve.points.size(), 1U);
  EXPECT_TRUE(b->stopped_among({0, 1}).empty());
  b->write({.observations = {},
            .ended = {},
            .snapshots = {{0, 400, {8}}},
            .paused = {{0, 400, 2}},
            .cost = {}});
  study::FedSegment stop = segment(example_trial(0), 0, false);
  stop.stops = true;
  stop.trial.note = "dropped";
  b->publish({stop});
  EXPECT_EQ(b->trials()[0].outcome, study::Outcome::pruned);
  EXPECT_EQ(b->trials()[0].steps, 400U);
  EXPECT_FALSE(b->snapshot(0).has_value());
}

TEST_P(Leases, ACancelledStudyTakesNothingMore) {
  start(2);
  auto a = worker("a");
  a->claim(1, std::nullopt);
  EXPECT_FALSE(a->is_cancelled());
  open(Access::share)->cancel();
  EXPECT_EQ(a->beat(), std::vector<int>{});
  EXPECT_EQ(a->write(end_of(0)), std::vector<int>{0});
  a->publish({segment(example_trial(2), 200, true)});
  EXPECT_TRUE(a->claim(5, std::nullopt).empty());
  EXPECT_TRUE(a->is_cancelled());
  const Standing standing = a->standing();
  EXPECT_TRUE(standing.is_cancelled);
  EXPECT_EQ(standing.workers, 1);
  EXPECT_EQ(standing.ended, 2);
  EXPECT_EQ(a->trials()[0].outcome, study::Outcome::cancelled);
}

TEST_P(Leases, ACancelledStudyThatIsExtendedGoesOn) {
  start(2);
  const auto owner = open(Access::share);
  owner->cancel();
  owner->add_trials({});
  owner->reset_trials({});
  EXPECT_TRUE(owner->is_cancelled());
  owner->add_trials({example_trial(2)});
  EXPECT_FALSE(owner->is_cancelled());
  auto a = worker("a");
  const std::vector<Claim> claims = a->claim(5, std::nullopt);
  ASSERT_EQ(claims.size(), 1U);
  EXPECT_EQ(claims[0].segment.trial.number, 2);
  EXPECT_EQ(a->trials()[1].outcome, study::Outcome::cancelled);
  owner->cancel();
  owner->reset_trials({2});
  EXPECT_FALSE(a->standing().is_cancelled);
}

TEST_P(Leases, OneWorkerEndsTheStudyOrTheNextWhereItIsGone) {
  start(1);
  auto a = worker("a", kShortLease);
  auto b = worker("b");
  EXPECT_TRUE(a->begin_end());
  EXPECT_TRUE(a->begin_end());
  EXPECT_FALSE(b->begin_end());
  outlast_lease();
  b->beat();
  EXPECT_TRUE(b->begin_end());
}

TEST_P(Leases, TheWorkersAreTold) {
  start(3);
  auto a = worker("here:1");
  worker("gone:2")->leave();
  a->claim(2, std::nullopt);
  a->write(end_of(0));
  const auto workers = open(Access::read)->workers();
  ASSERT_EQ(workers.size(), 2U);
  EXPECT_EQ(workers[0].name, "here:1");
  EXPECT_EQ(workers[0].training, 1);
  EXPECT_EQ(workers[0].ended, 1);
  EXPECT_LT(workers[0].seen_seconds_ago, 30);
  EXPECT_TRUE(workers[0].is_alive);
  EXPECT_FALSE(workers[1].is_alive);
}

}  // namespace
}  // namespace sweetspot::store
