// What a block promises of its lanes: that they do not touch one another, that a trial goes on from
// its state to the same bytes, and that what is not finite shows.
#include "train/lane_block.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "data/minibatch_order.hpp"
#include "support/training_problem.hpp"

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
  std::array<std::span<const uint32_t>, kBlockLanes> batches;
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
  std::array<std::span<const uint32_t>, kBlockLanes> batches;
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

TEST(LaneBlock, TrialDoesNotDependOnItsLaneOrNeighbours) {
  const Network network = test_network({1, 12, 12}, 10, 3, 5, 21, 0.4);
  const Problem problem = make_problem(network.input, network.classes, 200);
  const Images images(network, problem.pixels, problem.labels);
  data::MinibatchOrder order(200, 20);
  const auto neighbour = [](size_t lane) {
    const char* optimizer = lane % 2 == 0 ? "rmsprop" : "adadelta";
    return recipe_of(optimizer, 0.01, Semantics::tensorflow, lane);
  };
  const auto train = [&](size_t lane, bool crowded) {
    const auto block = make_lane_block(network, 20, images);
    const LaneRecipe recipe = recipe_of("adam", 2e-3, Semantics::tensorflow, 4);
    std::array<uint64_t, kBlockLanes> steps{};
    if (crowded) {
      // The neighbours are at other steps, under other rules, and one of them is not finite.
      for (size_t other = 0; other < kBlockLanes; ++other) {
        if (other == lane) continue;
        block->start(other, neighbour(other));
        steps[other] = 3 * other;
      }
      LaneState state = block->state((lane + 1) % kBlockLanes);
      state.weights[3] = std::numeric_limits<float>::infinity();
      block->resume((lane + 1) % kBlockLanes, neighbour((lane + 1) % kBlockLanes), state);
    }
    block->start(lane, recipe);
    for (int step = 0; step < 30; ++step) {
      std::array<std::shared_ptr<const std::vector<uint32_t>>, kBlockLanes> keep;
      std::array<std::span<const uint32_t>, kBlockLanes> batches;
      for (size_t other = 0; other < kBlockLanes; ++other) {
        if (other != lane && !crowded) continue;
        batches[other] = order.batch(4, steps[other]++, keep[other]);
      }
      block->step(batches);
    }
    return block->state(lane);
  };
  const LaneState alone = train(0, false);
  EXPECT_EQ(alone, train(6, true));
  EXPECT_EQ(alone, train(3, true));
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
        std::array<std::span<const uint32_t>, kBlockLanes> batches;
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
  for (size_t lane = 0; lane < kBlockLanes; ++lane) {
    block->start(lane, recipe_of("gd", 0.1, Semantics::tensorflow, lane + 1));
  }
  const auto correct = block->count_correct(images);
  Network without_dropout = network;
  std::erase_if(without_dropout.layers,
                [](const Layer& layer) { return layer.kind == LayerKind::dropout; });
  for (size_t lane = 0; lane < kBlockLanes; ++lane) {
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
