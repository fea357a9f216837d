#include "train/snapshot.hpp"

#include <gtest/gtest.h>

#include "sweetspot/error.hpp"

namespace sweetspot::train {
namespace {

TrialSnapshot example() {
  TrialSnapshot snapshot;
  snapshot.state.step = 1234;
  snapshot.state.scalars = {0.5, 0.25};
  snapshot.state.weights = {1, 2, 3};
  snapshot.state.slots = {std::vector<float>{4, 5, 6}, std::vector<float>{7, 8, 9}};
  snapshot.correct = 99;
  snapshot.seen = 100;
  snapshot.recent_losses.assign(kRecentSteps, 0.5);
  snapshot.recent_correct.assign(kRecentSteps, 7);
  snapshot.compute_seconds = 1.5;
  return snapshot;
}

TEST(Snapshot, ReadsBackTheSame) {
  EXPECT_EQ(snapshot_from_bytes(to_bytes(example())), example());
}

TEST(Snapshot, RefusesDamage) {
  const std::vector<uint8_t> good = to_bytes(example());
  for (size_t size = 0; size < good.size(); size += 7) {
    const std::vector<uint8_t> cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_THROW(snapshot_from_bytes(cut), Error) << size;
  }
  std::vector<uint8_t> longer = good;
  longer.push_back(0);
  EXPECT_THROW(snapshot_from_bytes(longer), Error);
  std::vector<uint8_t> huge = good;
  for (size_t i = 16; i < 24; ++i) huge[i] = 0xFF;  // the first list's length
  EXPECT_THROW(snapshot_from_bytes(huge), Error);
}

}  // namespace
}  // namespace sweetspot::train
