// Fifty steps of the tiny network on real images, each optimizer at the centre of its band (the
// geometric mean of the rates that reach 97 %), against the double-precision reference. Needs MNIST
// in the cache, where `sweetspot data fetch mnist` puts it; skipped where it is not.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "data/fetch.hpp"
#include "data/image_folder.hpp"
#include "data/minibatch_order.hpp"
#include "models/named_models.hpp"
#include "reference/network.hpp"
#include "reference/optimizer.hpp"
#include "train/lane_block.hpp"

namespace sweetspot::train {
namespace {

struct BandCase {
  std::string optimizer;
  double low;
  double high;
};

class MnistSteps : public testing::TestWithParam<BandCase> {};

TEST_P(MnistSteps, StayCloseToDoublePrecision) {
  const std::filesystem::path cache = data::real_fetch_tools({}).cache;
  if (!data::is_cached(*data::find_in_catalog("mnist"), cache)) {
    GTEST_SKIP() << "MNIST is not in the cache";
  }
  const data::ImageSet set = data::read_idx_folder("mnist", cache / "mnist");
  const data::LabelledPixels training = data::split(set).training;
  constexpr int kBatch = 100;
  constexpr uint64_t kSeed = 1;
  constexpr size_t kPixels = 28 * 28;
  const Network network = models::named_network("tiny", 1, {1, 28, 28}, 10);
  const Images images(network, training.pixels, training.labels);
  const auto block = make_lane_block(network, kBatch, images);
  LaneRecipe recipe;
  recipe.optimizer = optimizer_index(GetParam().optimizer);
  recipe.learning_rate = std::sqrt(GetParam().low * GetParam().high);
  recipe.numbers = optimizer_numbers(recipe.optimizer, recipe.semantics, {});
  recipe.seed = kSeed;
  block->start(0, recipe);
  const std::vector<float> initial = block->state(0).weights;
  std::vector<double> weights(initial.begin(), initial.end());
  reference::Optimizer optimizer(GetParam().optimizer, recipe.semantics, recipe.learning_rate);
  data::MinibatchOrder order(images.count(), kBatch);
  for (uint32_t step = 0; step < 50; ++step) {
    std::shared_ptr<const std::vector<uint32_t>> keep;
    const auto chosen = order.batch(kSeed, step, keep);
    LaneBatches batches;
    batches[0] = chosen;
    block->step(batches);
    std::vector<reference::Image> batch;
    for (const uint32_t image : chosen) {
      reference::Image& one = batch.emplace_back();
      one.label = training.labels[image];
      for (const uint8_t pixel : training.pixels.subspan(image * kPixels, kPixels)) {
        one.pixels.push_back(pixel / 255.0);
      }
    }
    optimizer.step(weights, reference::run_batch(network, weights, batch, {}).gradient);
  }
  const std::vector<float> ours = block->state(0).weights;
  double difference = 0;
  double norm = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    difference += std::pow(weights[i] - ours[i], 2);
    norm += std::pow(weights[i], 2);
  }
  const double distance = std::sqrt(difference / norm);
  RecordProperty("distance", fmt::format("{:.1e}", distance));
  EXPECT_LT(distance, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Optimizers, MnistSteps,
                         testing::Values(BandCase{"gd", 0.014678, 0.316228},
                                         BandCase{"momentum", 0.00681292, 0.316228},
                                         BandCase{"adagrad", 0.014678, 0.215443},
                                         BandCase{"adadelta", 1, 100},
                                         BandCase{"rmsprop", 0.000316228, 0.0215443},
                                         BandCase{"adam", 0.000316228, 0.0215443}),
                         [](const auto& test) { return test.param.optimizer; });

}  // namespace
}  // namespace sweetspot::train
