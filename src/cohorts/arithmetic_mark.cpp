#include "cohorts/arithmetic_mark.hpp"

#include <algorithm>
#include <numeric>

#include "base/random.hpp"
#include "base/sha256.hpp"
#include "models/model.hpp"
#include "train/lane_block.hpp"
#include "train/optimizer.hpp"
#include "train/snapshot.hpp"

namespace sweetspot::cohorts {
namespace {

constexpr int kBatch = 16;
constexpr int kClasses = 10;
constexpr uint32_t kSteps = 12;
constexpr size_t kMarkLength = 16;
constexpr std::string_view kOfAll = "all";  // begins a mark of all optimizers
constexpr size_t kOlderOptimizers = 8;      // the first of them, in the marks of before
constexpr size_t kLanes = 8;
constexpr train::ImageShape kShape = {.channels = 1, .height = 28, .width = 28};

train::Images drawn_images(const train::Network& network) {
  std::vector<uint8_t> pixels(static_cast<size_t>(kBatch) * kShape.height * kShape.width);
  for (size_t i = 0; i < pixels.size(); ++i) {
    pixels[i] = static_cast<uint8_t>(
        random_words(1, Purpose::search, 0, 0, static_cast<uint32_t>(i))[0] >> 24U);
  }
  std::vector<uint8_t> labels(kBatch);
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<uint8_t>(i % kClasses);
  return {network, pixels, labels};
}

std::string hash_of(size_t optimizers) {
  const train::Network network =
      models::network_of(models::chosen_model("tiny"), 1, kShape, kClasses);
  const train::Images images = drawn_images(network);
  std::vector<uint32_t> batch(kBatch);
  std::iota(batch.begin(), batch.end(), 0U);
  Sha256 hash;
  for (size_t first = 0; first < optimizers; first += kLanes) {
    const auto block = train::make_lane_block(network, kBatch, images);
    const size_t lanes = std::min(optimizers - first, kLanes);
    train::LaneBatches batches;
    for (size_t lane = 0; lane < lanes; ++lane) {
      const int optimizer = static_cast<int>(first + lane);
      train::LaneRecipe recipe;
      recipe.optimizer = optimizer;
      recipe.learning_rate = 0.01;
      recipe.numbers = train::optimizer_numbers(optimizer, train::Semantics::tensorflow, {});
      block->start(lane, recipe);
      batches[lane] = batch;
    }
    for (uint32_t step = 0; step < kSteps; ++step) block->step(batches);
    for (size_t lane = 0; lane < lanes; ++lane) {
      train::TrialSnapshot snapshot;
      snapshot.state = block->state(lane);
      hash.add(train::to_bytes(snapshot));
    }
  }
  return hash.hex().substr(0, kMarkLength);
}

}  // namespace

std::string arithmetic_mark() {
  return std::string(kOfAll) + hash_of(train::optimizers().size());
}

std::string arithmetic_mark_like(std::string_view kept) {
  if (kept.size() == kMarkLength && !kept.starts_with(kOfAll)) return hash_of(kOlderOptimizers);
  return arithmetic_mark();
}

}  // namespace sweetspot::cohorts
