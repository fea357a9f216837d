// The kernels' gradients against an independent double-precision reference, and that one's against
// central differences.
#include <gtest/gtest.h>

#include "support/layers.hpp"
#include "support/training_problem.hpp"

namespace sweetspot::train {
namespace {

using testing_support::conv;
using testing_support::dense;
using testing_support::drop;
using testing_support::flatten;
using testing_support::pool;
using testing_support::relu;

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
  LaneBatches batches;
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

TEST(Gradients, MatchReferenceAndCentralDifferences) {
  expect_same_gradient(test_network({1, 12, 12}, 10, 2, 4, 15, 0), 6);
}

TEST(Gradients, MatchWithDropoutAndOddSizes) {
  expect_same_gradient(test_network({1, 12, 16}, 7, 3, 5, 13, 0.4), 7);
}

TEST(Gradients, MatchWithSeveralBlocksOfChannels) {
  expect_same_gradient(test_network({3, 8, 12}, 10, 9, 11, 30, 0.25), 5);
}

TEST(Gradients, MatchWithWideFilters) {
  expect_same_gradient(test_network({1, 8, 8}, 10, 18, 6, 110, 0.4), 4);
}

TEST(Gradients, MatchWithValidPaddingAndSmallKernels) {
  expect_same_gradient(test_network({2, 14, 10}, 4, 5, 1, 9, 0, 3, Padding::valid), 5);
}

TEST(Gradients, MatchWithTinyImages) {
  expect_same_gradient(test_network({1, 4, 4}, 2, 1, 2, 3, 0, 3), 3);
}

struct LayersCase {
  std::string name;
  ImageShape input;
  std::vector<Layer> layers;
};

class AnyLayers : public testing::TestWithParam<LayersCase> {};

TEST_P(AnyLayers, MatchReferenceAndCentralDifferences) {
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
        LayersCase{"image_of_more_rows_than_are_kept",
                   {1, 40, 30},
                   {conv(3, 3), relu(), pool(2), conv(2, 3), relu(), pool(4), dense(4)}},
        LayersCase{"colours_in_more_rows_than_are_kept",
                   {3, 22, 18},
                   {conv(5, 5), relu(), pool(2), dense(4)}},
        LayersCase{
            "image_of_two_blocks_of_channels", {6, 9, 10}, {conv(5, 3), relu(), pool(2), dense(4)}},
        LayersCase{"one_dense_layer", {1, 5, 7}, {dense(4)}},
        LayersCase{"dense_layer_of_whole_rows", {1, 7, 19}, {dense(4)}},
        LayersCase{"dense_layer_of_two_blocks_of_channels", {5, 6, 7}, {dense(4)}},
        LayersCase{"dense_layers_alone",
                   {3, 6, 5},
                   {flatten(), dense(13), relu(), drop(0.2), dense(9), relu(), dense(4)}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sweetspot::train
