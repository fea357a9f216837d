// What a block promises of its lanes: that they do not touch one another, that a trial goes on from
// its state to the same bytes, and that what is not finite shows.
#include "train/lane_block.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "data/minibatch_order.hpp"
#include "support/layers.hpp"
#include "support/training_problem.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::train {
namespace {

TEST(LaneBlock, LossThatOverflowsIsNotHidden) {
  const Network network = test_network({1, 12, 12}, 10, 2, 4, 15, 0);
  const Problem problem = make_problem(network.input, network.classes, 20);
  const Images images(network, problem.pixels, problem.labels);
  const auto block = make_lane_block(network, 20, images);
  const LaneRecipe recipe = recipe_of("gd", 0.1, Semantics::tensorflow, 1);
  std::vector<uint32_t> batch(20);
  for (uint32_t i = 0; i < batch.size(); ++i) batch[i] = i;
  LaneBatches batches;
  batches[0] = batch;
  batches[1] = batch;
  for (const float poison :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    // In turn a weight of each layer: first and second convolution, dense layer, outputs.
    for (const size_t at : {size_t{0}, size_t{60}, size_t{400}, size_t{950}}) {
      block->start(0, recipe);
      block->start(1, recipe);
      LaneState state = block->state(0);
      state.weights[at] = poison;
      block->resume(0, recipe, state);
      const auto results = block->step(batches);
      EXPECT_FALSE(std::isfinite(results[0].loss)) << "weight " << at;
      EXPECT_TRUE(std::isfinite(results[1].loss)) << "the neighbour of weight " << at;
    }
  }
}

// Gradients whose squares overflow must end in a loss that is not finite, whatever the rule.
TEST(LaneBlock, GradientsThatOverflowDoNotLookLikeATrialThatIsStuck) {
  const Network network = test_network({1, 12, 12}, 10, 2, 4, 15, 0);
  const Problem problem = make_problem(network.input, network.classes, 20);
  const Images images(network, problem.pixels, problem.labels);
  std::vector<uint32_t> batch(20);
  for (uint32_t i = 0; i < batch.size(); ++i) batch[i] = i;
  LaneBatches batches;
  batches[0] = batch;
  for (const std::string name : {"dog", "prodigy", "adam", "amsgrad"}) {
    const auto block = make_lane_block(network, 20, images);
    const LaneRecipe recipe = recipe_of(name, 1, Semantics::tensorflow, 1);
    block->start(0, recipe);
    LaneState state = block->state(0);
    // Outputs of some 1e30 with gradients of their size, and a loss that is still finite.
    for (float& weight : state.weights) weight *= 1e8F;
    block->resume(0, recipe, state);
    double loss = 0;
    for (int step = 0; step < 20 && std::isfinite(loss); ++step) {
      loss = block->step(batches)[0].loss;
    }
    EXPECT_FALSE(std::isfinite(loss)) << name << ' ' << loss;
  }
}

// With dropout everywhere, valid padding, an odd number of filters; without convolutions; and those
// whose last convolution has few channels, whose gradients full blocks may find another way: rows
// of an odd number of places and of more than eight, whole blocks of filters and others, a rest
// that fills no window, no ReLU, regions that slide and some that would reach into the next row.
std::vector<Network> networks_for_neighbours() {
  using testing_support::conv;
  using testing_support::dense;
  using testing_support::drop;
  using testing_support::pool;
  using testing_support::relu;
  const Layer flatten = {.kind = LayerKind::flatten};
  return {
      test_network({1, 12, 12}, 10, 3, 5, 21, 0.4),
      {{3, 13, 13},
       4,
       {conv(5, 3), relu(), pool(2), drop(0.25), conv(9, 3, Padding::valid), relu(), drop(0.25),
        flatten, dense(7), relu(), dense(4)}},
      {{1, 12, 12}, 10, {flatten, dense(9), relu(), drop(0.4), dense(10)}},
      test_network({1, 12, 12}, 10, 2, 4, 21, 0),
      test_network({1, 8, 40}, 10, 2, 5, 21, 0.4),
      test_network({1, 8, 40}, 10, 2, 8, 21, 0.4),
      {{3, 11, 15},
       4,
       {conv(2, 5), relu(), conv(8, 5, Padding::valid), pool(2), drop(0.25), dense(9), relu(),
        dense(4)}},
      {{1, 12, 12},
       10,
       {conv(2, 5), relu(), pool(2), conv(4, 3), relu(), pool(2), dense(9), relu(), dense(10)}},
      {{1, 20, 20},
       10,
       {conv(2, 5), relu(), pool(2), conv(4, 3), relu(), pool(2), dense(9), relu(), dense(10)}},
      {{2, 13, 15},
       4,
       {conv(4, 3), relu(), conv(8, 3), relu(), pool(2), drop(0.4), dense(9), relu(), dense(4)}},
      {{1, 13, 14},
       4,
       {conv(4, 3), relu(), conv(9, 3), relu(), pool(2), drop(0.4), dense(9), relu(), dense(4)}}};
}

struct TrainedTrial {
  LaneState state;
  uint32_t correct = 0;
  bool operator==(const TrainedTrial&) const = default;
};

// Beside `neighbours` others, in the lanes behind its own, that are at other steps and under other
// rules; the first of them is not finite. How many there are decides how the lanes are shared out.
TrainedTrial train_beside(const Network& network, size_t lanes, size_t lane, size_t neighbours) {
  const Problem problem = make_problem(network.input, network.classes, 215);
  const Images images(network, problem.pixels, problem.labels);
  const auto block = make_lane_block(network, 20, images, lanes);
  data::MinibatchOrder order(images.count(), 20);
  std::array<uint64_t, kMostBlockLanes> steps{};
  const auto lane_of = [&](size_t neighbour) { return (lane + 1 + neighbour) % block->lanes(); };
  for (size_t i = 0; i < neighbours; ++i) {
    const LaneRecipe recipe =
        recipe_of(i % 2 == 0 ? "rmsprop" : "adadelta", 0.01, Semantics::tensorflow, i);
    block->start(lane_of(i), recipe);
    steps[lane_of(i)] = 3 * (i + 1);
    if (i > 0) continue;
    LaneState state = block->state(lane_of(i));
    state.weights[3] = std::numeric_limits<float>::infinity();
    block->resume(lane_of(i), recipe, state);
  }
  block->start(lane, recipe_of("adam", 2e-3, Semantics::tensorflow, 4));
  for (int step = 0; step < 30; ++step) {
    std::array<std::shared_ptr<const std::vector<uint32_t>>, kMostBlockLanes> keep;
    LaneBatches batches;
    batches[lane] = order.batch(4, steps[lane]++, keep[lane]);
    for (size_t i = 0; i < neighbours; ++i) {
      const size_t other = lane_of(i);
      batches[other] = order.batch(4, steps[other]++, keep[other]);
    }
    block->step(batches);
  }
  return {block->state(lane), block->count_correct(images)[lane]};
}

TEST(LaneBlock, TrialDoesNotDependOnItsBlockLaneOrNeighbours) {
  for (const Network& network : networks_for_neighbours()) {
    const TrainedTrial crowded = train_beside(network, 8, 3, 7);
    EXPECT_GT(crowded.correct, 215U / network.classes) << "learns nothing";
    for (const size_t neighbours : {0U, 1U, 2U, 3U, 4U, 7U}) {
      EXPECT_EQ(train_beside(network, 8, 6, neighbours), crowded) << neighbours;
      EXPECT_EQ(train_beside(network, 8, 0, neighbours), crowded) << neighbours;
    }
    if (lanes_for(100, 1) == 8) continue;
    for (const size_t neighbours : {0U, 1U, 3U, 4U, 7U, 8U, 9U, 10U, 15U}) {
      EXPECT_EQ(train_beside(network, 16, 13, neighbours), crowded) << neighbours;
      EXPECT_EQ(train_beside(network, 16, 2, neighbours), crowded) << neighbours;
    }
  }
}

TEST(LaneBlock, ResumedTrialGoesOnToTheSameBytes) {
  const Network network = test_network({1, 12, 12}, 10, 2, 4, 15, 0.4);
  const Problem problem = make_problem(network.input, network.classes, 200);
  const Images images(network, problem.pixels, problem.labels);
  data::MinibatchOrder order(200, 20);
  for (const std::string& optimizer : optimizer_names()) {
    const LaneRecipe recipe = recipe_of(optimizer, 2e-3, Semantics::tensorflow, 4);
    const auto run = [&](LaneBlock& block, size_t lane, uint64_t from, uint64_t to) {
      for (uint64_t step = from; step < to; ++step) {
        std::shared_ptr<const std::vector<uint32_t>> keep;
        LaneBatches batches;
        batches[lane] = order.batch(4, step, keep);
        block.step(batches);
      }
    };
    const auto whole = make_lane_block(network, 20, images);
    whole->start(0, recipe);
    run(*whole, 0, 0, 40);
    const auto first = make_lane_block(network, 20, images);
    first->start(1, recipe);
    run(*first, 1, 0, 17);
    const auto second = make_lane_block(network, 20, images);
    second->resume(7, recipe, first->state(1));
    run(*second, 7, 17, 40);
    EXPECT_EQ(whole->state(0), second->state(7)) << optimizer;
  }
}

TEST(LaneBlock, RefusesAStateOfAnotherNetworkOrOptimizer) {
  const Network network = test_network({1, 12, 12}, 10, 2, 4, 15, 0);
  const Problem problem = make_problem(network.input, network.classes, 20);
  const Images images(network, problem.pixels, problem.labels);
  const auto block = make_lane_block(network, 20, images);
  const LaneRecipe adam = recipe_of("adam", 1e-3, Semantics::tensorflow, 1);
  block->start(0, adam);
  LaneState state = block->state(0);
  EXPECT_THROW(block->resume(1, recipe_of("gd", 0.1, Semantics::tensorflow, 1), state), Error);
  state.weights.pop_back();
  EXPECT_THROW(block->resume(1, adam, state), Error);
}

TEST(LaneBlock, CountsCorrectImagesWithoutDropout) {
  const Network network = test_network({1, 12, 12}, 10, 2, 4, 15, 0.4);
  const Problem problem = make_problem(network.input, network.classes, 57);
  const Images images(network, problem.pixels, problem.labels);
  const auto block = make_lane_block(network, 20, images);
  for (size_t lane = 0; lane < block->lanes(); ++lane) {
    block->start(lane, recipe_of("gd", 0.1, Semantics::tensorflow, lane + 1));
  }
  const auto correct = block->count_correct(images);
  Network without_dropout = network;
  std::erase_if(without_dropout.layers,
                [](const Layer& layer) { return layer.kind == LayerKind::dropout; });
  for (size_t lane = 0; lane < block->lanes(); ++lane) {
    const LaneState state = block->state(lane);
    const std::vector<double> weights(state.weights.begin(), state.weights.end());
    const reference::Pass pass =
        reference::run_batch(without_dropout, weights, problem.reference_images,
                             [](size_t, size_t, int) { return true; });
    EXPECT_EQ(correct[lane], static_cast<uint32_t>(pass.correct)) << "lane " << lane;
  }
}

}  // namespace
}  // namespace sweetspot::train
