#include "cohorts/trial_host.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace sweetspot::cohorts {
namespace {

constexpr int kNumber = 3;

study::Settings short_study() {
  study::Settings settings;
  settings.budget = 200;
  settings.check_every = 50;
  return settings;
}

// A host whose trials come one by one, as those that a worker claims.
struct ClaimingHost {
  std::atomic<bool> pause{false};
  TrialHost host{short_study(), {.on = false, .words = "", .asked_for = false}, {}, pause};

  ClaimingHost() {
    host.wait_for_more([] {});
  }

  void claim(uint64_t until = 0) {
    trials::FedSegment segment;
    segment.trial.number = kNumber;
    segment.trial.config = {{"optimizer", std::string("adam")}, {"learning_rate", 0.01}};
    segment.until = until;
    host.add(segment, std::nullopt, {});
  }
  bool starts() {
    const auto next = host.next_trial(0);
    return next.has_value() && next->number == kNumber;
  }
  train::AfterCheck check(uint64_t step) { return host.check(at(step)); }
  static train::CohortCheck at(uint64_t step) {
    train::CohortCheck check;
    check.number = kNumber;
    check.step = step;
    return check;
  }
};

std::vector<uint64_t> steps_of(const store::Batch& batch) {
  std::vector<uint64_t> steps;
  for (const store::Observation& observation : batch.observations) {
    steps.push_back(observation.point.step);
  }
  return steps;
}

// A server that crashes can take a claim back that it had granted. The worker hears so when it
// writes, and claims the trial again at once, while a lane still trains it.
TEST(TrialHost, WhatALostTrialStillReportsIsNotOfTheOneThatIsClaimedAgain) {
  ClaimingHost worker;
  worker.claim();
  ASSERT_TRUE(worker.starts());
  EXPECT_EQ(worker.check(50), train::AfterCheck::go_on);
  EXPECT_EQ(steps_of(worker.host.take_batch()), std::vector<uint64_t>{50});  // refused
  EXPECT_EQ(worker.check(100), train::AfterCheck::go_on);
  worker.host.abandon({kNumber});
  EXPECT_TRUE(worker.host.take_batch().empty());

  worker.claim();
  EXPECT_FALSE(worker.starts());  // before the lane has heard
  EXPECT_EQ(worker.host.open_numbers(), std::vector<int>{kNumber});
  EXPECT_EQ(worker.check(150), train::AfterCheck::end);
  EXPECT_TRUE(worker.starts());
  for (const uint64_t step : {50, 100, 150, 200}) worker.check(step);
  const store::Batch batch = worker.host.take_batch();
  EXPECT_EQ(steps_of(batch), (std::vector<uint64_t>{50, 100, 150, 200}));
  EXPECT_EQ(batch.ended.size(), 1U);
}

TEST(TrialHost, ALostTrialThatWasAboutToPauseLeavesItsLaneWithItsSnapshot) {
  ClaimingHost worker;
  worker.claim(50);
  ASSERT_TRUE(worker.starts());
  EXPECT_EQ(worker.check(50), train::AfterCheck::pause);
  worker.host.abandon({kNumber});
  worker.claim(50);
  EXPECT_FALSE(worker.starts());
  worker.host.snapshot(kNumber, {});
  EXPECT_TRUE(worker.host.take_batch().empty());
  EXPECT_TRUE(worker.starts());
}

TEST(TrialHost, ALostTrialThatDivergesLeavesItsLane) {
  ClaimingHost worker;
  worker.claim();
  ASSERT_TRUE(worker.starts());
  worker.host.abandon({kNumber});
  worker.claim();
  worker.host.diverged(ClaimingHost::at(7));
  EXPECT_TRUE(worker.host.take_batch().empty());
  EXPECT_TRUE(worker.starts());
}

TEST(TrialHost, ALostTrialThatIsClaimedAgainCanBeLostAgain) {
  ClaimingHost worker;
  worker.claim();
  ASSERT_TRUE(worker.starts());
  worker.host.abandon({kNumber});
  worker.claim();
  worker.host.abandon({kNumber});
  EXPECT_TRUE(worker.host.open_numbers().empty());
  EXPECT_EQ(worker.check(50), train::AfterCheck::end);
  EXPECT_FALSE(worker.starts());
}

}  // namespace
}  // namespace sweetspot::cohorts
