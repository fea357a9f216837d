// The population trainer's kernels against an independent double-precision reference.
#include "train/lane_block.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "base/error.hpp"
#include "data/minibatch_order.hpp"
#include "data/random.hpp"
#include "reference/network.hpp"
#include "reference/optimizer.hpp"
#include "support/layers.hpp"
#include "train/parameter_layout.hpp"
#include "train/stages.hpp"

namespace sweetspot::train {
namespace {

using testing_support::conv;
using testing_support::dense;
using testing_support::drop;
using testing_support::flatten;
using testing_support::pool;
using testing_support::relu;

struct Problem {
  std::vector<uint8_t> pixels;
  std::vector<uint8_t> labels;
  std::vector<reference::Image> reference_images;
  ImageShape shape;
};

// Images that can be learnt: each class has a pattern of its own under noise. Below it a third of
// every second image is blank, as the margins of real ones are.
Problem make_problem(const ImageShape& shape, int classes, int count) {
  Problem problem;
  problem.shape = shape;
  std::mt19937 random(7);
  const size_t size = static_cast<size_t>(shape.height * shape.width * shape.channels);
  std::vector<std::vector<int>> patterns;
  for (int c = 0; c < classes; ++c) {
    std::vector<int>& pattern = patterns.emplace_back();
    for (size_t i = 0; i < size; ++i) pattern.push_back(random() % 4 == 0 ? 160 : 0);
  }
  for (int i = 0; i < count; ++i) {
    reference::Image image;
    image.label = static_cast<int>(random() % static_cast<unsigned>(classes));
    problem.labels.push_back(static_cast<uint8_t>(image.label));
    const size_t inked = i % 2 == 0 ? size : size - size / 3;
    for (size_t p = 0; p < size; ++p) {
      const int noise = static_cast<int>(random() % 96);
      const auto value = static_cast<uint8_t>(
          p < inked ? patterns[static_cast<size_t>(image.label)][p] + noise : 0);
      problem.pixels.push_back(value);
      image.pixels.push_back(value / 255.0);
    }
    problem.reference_images.push_back(std::move(image));
  }
  return problem;
}

Network test_network(const ImageShape& shape, int classes, int first, int second, int units,
                     double dropout, int kernel = 5, Padding padding = Padding::same) {
  Network network{.input = shape, .classes = classes, .layers = {}};
  for (const int filters : {first, second}) {
    network.layers.push_back(
        {.kind = LayerKind::conv, .size = filters, .kernel = kernel, .padding = padding});
    network.layers.push_back({.kind = LayerKind::relu});
    network.layers.push_back({.kind = LayerKind::maxpool, .size = 2});
  }
  network.layers.push_back({.kind = LayerKind::flatten});
  network.layers.push_back({.kind = LayerKind::dense, .size = units});
  network.layers.push_back({.kind = LayerKind::relu});
  if (dropout > 0) network.layers.push_back({.kind = LayerKind::dropout, .rate = dropout});
  network.layers.push_back({.kind = LayerKind::dense, .size = classes});
  return network;
}

double relative_distance(std::span<const double> reference, std::span<const float> ours) {
  double difference = 0;
  double norm = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    difference += std::pow(reference[i] - ours[i], 2);
    norm += std::pow(reference[i], 2);
  }
  return std::sqrt(difference / norm);
}

// The masks that a lane draws, value by value. They are numbered by stage, dense ones first.
reference::Kept masks_of(const Network& network, uint64_t seed, uint32_t step) {
  struct Mask {
    uint32_t number = 0;
    int values = 0;  // of an image
    double rate = 0;
  };
  const Stages stages = stages_of(network);
  std::vector<Mask> masks;
  size_t convolutions = 0;
  size_t dense = 0;
  for (const Layer& layer : network.layers) {
    convolutions += layer.kind == LayerKind::conv ? 1 : 0;
    dense += layer.kind == LayerKind::dense ? 1 : 0;
    Mask mask;
    mask.rate = layer.rate;
    if (dense > 0) {
      mask.number = static_cast<uint32_t>(dense - 1);
      mask.values = stages.dense[dense - 1].outputs;
    } else if (convolutions > 0) {
      const ImageShape& out = stages.convolutions[convolutions - 1].out;
      mask.number = static_cast<uint32_t>(stages.dense.size() + convolutions - 1);
      mask.values = out.height * out.width * out.channels;
    }
    masks.push_back(mask);
  }
  return [=](size_t image, size_t layer, int value) {
    const Mask& mask = masks[layer];
    const size_t index = image * static_cast<size_t>(mask.values) + static_cast<size_t>(value);
    const auto words = data::random_words(seed, data::Purpose::dropout, mask.number, step,
                                          static_cast<uint32_t>(index / 8));
    const uint32_t bits = (words[index % 8 / 2] >> (16 * (index % 2))) & 0xFFFFU;
    return bits >= static_cast<uint32_t>(std::lround(mask.rate * 65536));
  };
}

LaneRecipe recipe_of(const std::string& optimizer, double rate, Semantics semantics,
                     uint64_t seed) {
  LaneRecipe recipe;
  recipe.optimizer = optimizer_index(optimizer);
  recipe.learning_rate = rate;
  recipe.semantics = semantics;
  recipe.numbers = optimizer_numbers(recipe.optimizer, semantics, {});
  recipe.seed = seed;
  return recipe;
}

// A gradient is read off the trainer as one step of gradient descent at rate 1 from the initial
// weights; the reference's own gradient is held against central differences first.
void expect_same_gradient(const Network& network, int batch_size) {
  const Problem problem = make_problem(network.input, network.classes, batch_size);
  const Images images(network, problem.pixels, problem.labels);
  const auto block = make_lane_block(network, batch_size, images);
  const LaneRecipe recipe = recipe_of("gd", 1.0, Semantics::tensorflow, 3);
  block->start(2, recipe);
  LaneState start = block->state(2);
  // With biases of zero blank windows would sit on the corner of the ReLU.
  std::mt19937 noise(13);
  for (float& weight : start.weights) weight += 1e-4F * static_cast<float>(1 + noise() % 100);
  block->resume(2, recipe, start);
  const std::vector<float>& before = start.weights;
  std::vector<uint32_t> batch(static_cast<size_t>(batch_size));
  for (uint32_t i = 0; i < batch.size(); ++i) batch[i] = i;
  std::array<std::span<const uint32_t>, kBlockLanes> batches;
  batches[2] = batch;
  const auto results = block->step(batches);
  const std::vector<float> after = block->state(2).weights;

  const reference::Kept kept = masks_of(network, 3, 0);
  std::vector<double> weights(before.begin(), before.end());
  const reference::Pass pass =
      reference::run_batch(network, weights, problem.reference_images, kept);
  EXPECT_NEAR(results[2].loss, pass.loss, 1e-5 * pass.loss);
  EXPECT_EQ(results[2].correct, static_cast<uint32_t>(pass.correct));

  std::mt19937 random(11);
  for (int i = 0; i < 40; ++i) {
    const size_t at = random() % weights.size();
    const double step = 1e-6;
    std::vector<double> moved = weights;
    moved[at] = weights[at] + step;
    const double above = reference::run_batch(network, moved, problem.reference_images, kept).loss;
    moved[at] = weights[at] - step;
    const double below = reference::run_batch(network, moved, problem.reference_images, kept).loss;
    EXPECT_NEAR((above - below) / (2 * step), pass.gradient[at],
                1e-6 + 1e-4 * std::abs(pass.gradient[at]));
  }

  std::vector<float> gradient;
  for (size_t i = 0; i < before.size(); ++i) gradient.push_back(before[i] - after[i]);
  EXPECT_LT(relative_distance(pass.gradient, gradient), 1e-5);
}

TEST(LaneBlock, GradientsMatchReferenceAndCentralDifferences) {
  expect_same_gradient(test_network({1, 12, 12}, 10, 2, 4, 15, 0), 6);
}

TEST(LaneBlock, GradientsMatchWithDropoutAndOddSizes) {
  expect_same_gradient(test_network({1, 12, 16}, 7, 3, 5, 13, 0.4), 7);
}

TEST(LaneBlock, GradientsMatchWithSeveralBlocksOfChannels) {
  expect_same_gradient(test_network({3, 8, 12}, 10, 9, 11, 30, 0.25), 5);
}

TEST(LaneBlock, GradientsMatchWithWideFilters) {
  expect_same_gradient(test_network({1, 8, 8}, 10, 18, 6, 110, 0.4), 4);
}

TEST(LaneBlock, GradientsMatchWithValidPaddingAndSmallKernels) {
  expect_same_gradient(test_network({2, 14, 10}, 4, 5, 1, 9, 0, 3, Padding::valid), 5);
}

TEST(LaneBlock, GradientsMatchWithTinyImages) {
  expect_same_gradient(test_network({1, 4, 4}, 2, 1, 2, 3, 0, 3), 3);
}

struct LayersCase {
  std::string name;
  ImageShape input;
  std::vector<Layer> layers;
};

class AnyLayers : public testing::TestWithParam<LayersCase> {};

TEST_P(AnyLayers, GradientsMatchReferenceAndCentralDifferences) {
  const LayersCase& test = GetParam();
  expect_same_gradient(
      {.input = test.input, .classes = test.layers.back().size, .layers = test.layers}, 5);
}

INSTANTIATE_TEST_SUITE_P(
    Networks, AnyLayers,
    testing::Values(
        LayersCase{"without_pooling",
                   {1, 9, 11},
                   {conv(5, 3), relu(), conv(3, 3), relu(), dense(7), relu(), dense(4)}},
        LayersCase{"pooling_in_one_of_three",
                   {3, 10, 12},
                   {conv(6, 3), relu(), conv(9, 3), relu(), pool(2), conv(8, 3), relu(), dense(5)}},
        LayersCase{"dropout_everywhere",
                   {3, 8, 8},
                   {conv(4, 3), relu(), drop(0.2), conv(8, 3), relu(), pool(2), drop(0.25),
                    flatten(), dense(9), drop(0.3), dense(11), relu(), drop(0.5), dense(6)}},
        LayersCase{
            "even_kernels",
            {2, 8, 10},
            {conv(4, 2), relu(), conv(5, 4), relu(), pool(2), conv(16, 2), relu(), dense(5)}},
        LayersCase{"windows_of_three_and_a_rest",
                   {1, 11, 13},
                   {conv(4, 3), relu(), pool(3), conv(5, 2, Padding::valid), relu(), dense(4)}},
        LayersCase{"second_pooling_of_three",
                   {1, 12, 14},
                   {conv(3, 3), relu(), conv(4, 3), relu(), pool(3), dense(4)}},
        LayersCase{"two_poolings_are_one",
                   {1, 13, 12},
                   {conv(3, 3), relu(), conv(4, 3), pool(2), relu(), pool(2), dense(4)}},
        LayersCase{"linear_convolutions",
                   {2, 8, 8},
                   {conv(4, 3), conv(3, 3), pool(2), drop(0.3), dense(6), dense(4)}},
        LayersCase{
            "dropout_before_its_relu",
            {1, 8, 8},
            {conv(4, 3), drop(0.3), relu(), flatten(), dense(6), drop(0.4), relu(), dense(4)}},
        LayersCase{"many_channels_behind_one_another",
                   {3, 6, 6},
                   {conv(16, 3), relu(), conv(24, 3), relu(), pool(2), conv(32, 2), relu(),
                    dense(12), relu(), dense(10)}},
        LayersCase{"one_place_is_left",
                   {1, 6, 6},
                   {conv(4, 3, Padding::valid), relu(), pool(4), conv(5, 1), relu(), dense(3)}},
        LayersCase{"one_dense_layer", {1, 5, 7}, {dense(4)}},
        LayersCase{"dense_layers_alone",
                   {3, 6, 5},
                   {flatten(), dense(13), relu(), drop(0.2), dense(9), relu(), dense(4)}}),
    [](const auto& test) { return test.param.name; });

struct OptimizerCase {
  std::string optimizer;
  double rate;
  Semantics semantics;
  double d0 = 1e-6;
};

class FiftySteps : public testing::TestWithParam<OptimizerCase> {};

TEST_P(FiftySteps, StayCloseToDoublePrecision) {
  const OptimizerCase& test = GetParam();
  const Network network = test_network({1, 12, 12}, 10, 2, 4, 15, 0.4);
  constexpr int kBatch = 20;
  constexpr uint64_t kSeed = 5;
  const Problem problem = make_problem(network.input, network.classes, 200);
  const Images images(network, problem.pixels, problem.labels);
  const auto block = make_lane_block(network, kBatch, images);
  LaneRecipe recipe = recipe_of(test.optimizer, test.rate, test.semantics, kSeed);
  if (test.optimizer == "dadapt-adam" || test.optimizer == "prodigy") {
    recipe.numbers = optimizer_numbers(recipe.optimizer, test.semantics, {{"d0", test.d0}});
  }
  block->start(0, recipe);
  // A neighbour under another rule, so that the lanes are told apart.
  block->start(5, recipe_of("gd", 0.1, Semantics::tensorflow, kSeed + 1));
  const std::vector<float> initial = block->state(0).weights;
  std::vector<double> weights(initial.begin(), initial.end());
  reference::Optimizer optimizer(test.optimizer, test.semantics, test.rate, test.d0);
  data::MinibatchOrder order(200, kBatch);
  double last_loss = 0;
  for (uint32_t step = 0; step < 50; ++step) {
    std::shared_ptr<const std::vector<uint32_t>> keep;
    const auto chosen = order.batch(kSeed, step, keep);
    std::array<std::span<const uint32_t>, kBlockLanes> batches;
    batches[0] = chosen;
    batches[5] = chosen;
    last_loss = block->step(batches)[0].loss;
    std::vector<reference::Image> batch;
    for (const uint32_t image : chosen) batch.push_back(problem.reference_images[image]);
    const reference::Pass pass =
        reference::run_batch(network, weights, batch, masks_of(network, kSeed, step));
    EXPECT_NEAR(last_loss, pass.loss, 2e-3 * pass.loss);
    optimizer.step(weights, pass.gradient);
  }
  EXPECT_LT(relative_distance(weights, block->state(0).weights), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(
    Optimizers, FiftySteps,
    testing::Values(OptimizerCase{"gd", 0.1, Semantics::tensorflow},
                    OptimizerCase{"momentum", 0.05, Semantics::tensorflow},
                    OptimizerCase{"adagrad", 0.03, Semantics::tensorflow},
                    OptimizerCase{"adadelta", 3, Semantics::tensorflow},
                    OptimizerCase{"rmsprop", 1e-3, Semantics::tensorflow},
                    OptimizerCase{"adam", 2e-3, Semantics::tensorflow},
                    OptimizerCase{"adagrad", 0.01, Semantics::pytorch},
                    OptimizerCase{"adadelta", 1, Semantics::pytorch},
                    OptimizerCase{"rmsprop", 1e-3, Semantics::pytorch},
                    OptimizerCase{"adam", 2e-3, Semantics::pytorch},
                    OptimizerCase{"nesterov", 0.02, Semantics::tensorflow},
                    OptimizerCase{"adamw", 2e-3, Semantics::tensorflow},
                    OptimizerCase{"adamw", 2e-3, Semantics::pytorch},
                    OptimizerCase{"amsgrad", 2e-3, Semantics::tensorflow},
                    OptimizerCase{"amsgrad", 2e-3, Semantics::pytorch},
                    OptimizerCase{"nadam", 2e-3, Semantics::tensorflow},
                    OptimizerCase{"nadam", 2e-3, Semantics::pytorch},
                    OptimizerCase{"lion", 3e-4, Semantics::tensorflow},
                    OptimizerCase{"dadapt-adam", 1, Semantics::tensorflow},
                    // From 1e-6 its estimate hangs on differences of weights that single precision
                    // rounds.
                    OptimizerCase{"prodigy", 1, Semantics::tensorflow, 1e-3},
                    OptimizerCase{"dog", 1, Semantics::tensorflow},
                    OptimizerCase{"schedule-free", 5e-3, Semantics::tensorflow}),
    [](const auto& test) {
      std::string name = test.param.optimizer;
      std::replace(name.begin(), name.end(), '-', '_');
      return name + (test.param.semantics == Semantics::pytorch ? "_pytorch" : "_tensorflow");
    });

// DoG and Schedule-Free are judged by averages of the weights that are trained.
TEST(LaneBlock, AveragedWeightsAreTheReferencesAndJudgeTheNetwork) {
  const Network network = test_network({1, 12, 12}, 10, 2, 4, 15, 0);
  constexpr int kBatch = 20;
  const Problem problem = make_problem(network.input, network.classes, 200);
  const Images images(network, problem.pixels, problem.labels);
  for (const std::string name : {"dog", "schedule-free"}) {
    const auto block = make_lane_block(network, kBatch, images);
    const LaneRecipe recipe = recipe_of(name, name == "dog" ? 1 : 5e-3, Semantics::tensorflow, 5);
    block->start(3, recipe);
    block->start(4, recipe_of("adam", 2e-3, Semantics::tensorflow, 5));
    const std::vector<float> initial = block->state(3).weights;
    std::vector<double> weights(initial.begin(), initial.end());
    reference::Optimizer optimizer(name, Semantics::tensorflow, recipe.learning_rate);
    data::MinibatchOrder order(200, kBatch);
    for (uint32_t step = 0; step < 30; ++step) {
      std::shared_ptr<const std::vector<uint32_t>> keep;
      const auto chosen = order.batch(5, step, keep);
      std::array<std::span<const uint32_t>, kBlockLanes> batches;
      batches[3] = chosen;
      batches[4] = chosen;
      block->step(batches);
      std::vector<reference::Image> batch;
      for (const uint32_t image : chosen) batch.push_back(problem.reference_images[image]);
      optimizer.step(
          weights,
          reference::run_batch(network, weights, batch, masks_of(network, 5, step)).gradient);
    }
    const LaneState before = block->state(3);
    const int slot = optimizers()[static_cast<size_t>(recipe.optimizer)].evaluated_slot;
    const std::vector<float>& judged = before.slots[static_cast<size_t>(slot)];
    EXPECT_LT(relative_distance(optimizer.evaluated(), judged), 1e-4) << name;
    const uint32_t correct = block->count_correct(images)[3];
    EXPECT_EQ(block->state(3), before) << name;
    const std::vector<double> exact(judged.begin(), judged.end());
    const reference::Pass pass =
        reference::run_batch(network, exact, problem.reference_images, masks_of(network, 5, 0));
    EXPECT_EQ(correct, static_cast<uint32_t>(pass.correct)) << name;
  }
}

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
