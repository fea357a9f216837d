#include "data/minibatch_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/random.hpp"

namespace sweetspot::data {
namespace {

TEST(Random, MatchesThePublishedPhiloxVectors) {
  // Known answers of Philox 4x32-10 from the authors' distribution (Random123, kat_vectors).
  EXPECT_EQ(random_words(0, static_cast<Purpose>(0), 0, 0, 0),
            (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(random_words(0xffffffffffffffff, static_cast<Purpose>(0xffffffff), 0xffffffff,
                         0xffffffff, 0xffffffff),
            (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

TEST(MinibatchOrder, AnEpochIsAPermutationOfItsOwn) {
  const std::vector<uint32_t> first = epoch_permutation(1, 0, 1000);
  const std::set<uint32_t> seen(first.begin(), first.end());
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_EQ(*seen.rbegin(), 999U);
  EXPECT_EQ(first, epoch_permutation(1, 0, 1000));
  EXPECT_NE(first, epoch_permutation(1, 1, 1000));
  EXPECT_NE(first, epoch_permutation(2, 0, 1000));
}

TEST(MinibatchOrder, PlacesAreUniform) {
  // Chi-squared over where image 0 lands, 10 places, 4000 epochs: 99.99 % point for 9 degrees of
  // freedom is 33.7.
  std::array<int, 10> counts{};
  for (uint32_t epoch = 0; epoch < 4000; ++epoch) {
    const std::vector<uint32_t> order = epoch_permutation(3, epoch, 10);
    const auto at = std::find(order.begin(), order.end(), 0U) - order.begin();
    ++counts[static_cast<size_t>(at)];
  }
  double chi_squared = 0;
  for (const int count : counts) chi_squared += (count - 400.0) * (count - 400.0) / 400.0;
  EXPECT_LT(chi_squared, 33.7);
}

TEST(MinibatchOrder, BatchesWalkThroughTheEpochAndDropTheShortLast) {
  MinibatchOrder order(55, 10);
  EXPECT_EQ(order.steps_per_epoch(), 5U);
  std::shared_ptr<const std::vector<uint32_t>> keep;
  const std::vector<uint32_t> epoch = epoch_permutation(9, 1, 55);
  const auto batch = order.batch(9, 7, keep);
  EXPECT_TRUE(std::equal(batch.begin(), batch.end(), epoch.begin() + 20));
}

}  // namespace
}  // namespace sweetspot::data
