// Trains the tiny network for 50 steps under PyTorch's rules and writes what a PyTorch script needs
// to do the same: images, batches, initial and final weights (raw little-endian floats).
//   dump_training FOLDER OPTIMIZER RATE
#include <cstdlib>
#include <fstream>

#include "data/minibatch_order.hpp"
#include "models/named_models.hpp"
#include "support/synthetic_data.hpp"
#include "train/lane_block.hpp"

namespace {

template <class T>
void write(const std::string& file, const std::vector<T>& values) {
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(T)));
}

}  // namespace

int main(int count, char** arguments) {
  using namespace sweetspot;
  if (count != 4) return 2;
  const std::string folder = arguments[1];
  constexpr int kBatch = 50;
  constexpr int kSteps = 50;
  const data::ImageSet set = testing_support::synthetic_set(28, 1200, 60);
  const data::LabelledPixels training = data::split(set).training;
  const train::ImageShape shape = {1, 28, 28};
  const train::Network network = models::named_network("tiny", 1, shape, 10);
  const train::Images images(network, training.pixels, training.labels);
  const auto block = train::make_lane_block(network, kBatch, images);
  train::LaneRecipe recipe;
  recipe.optimizer = train::optimizer_index(arguments[2]);
  recipe.learning_rate = std::atof(arguments[3]);
  recipe.semantics = train::Semantics::pytorch;
  recipe.numbers = train::optimizer_numbers(recipe.optimizer, recipe.semantics, {});
  block->start(0, recipe);
  write(folder + "/initial.f32", block->state(0).weights);
  write(folder + "/pixels.u8",
        std::vector<uint8_t>(training.pixels.begin(), training.pixels.end()));
  write(folder + "/labels.u8",
        std::vector<uint8_t>(training.labels.begin(), training.labels.end()));
  data::MinibatchOrder order(images.count(), kBatch);
  std::vector<uint32_t> chosen;
  std::vector<double> losses;
  for (uint64_t step = 0; step < kSteps; ++step) {
    std::shared_ptr<const std::vector<uint32_t>> keep;
    train::LaneBatches batches;
    batches[0] = order.batch(1, step, keep);
    chosen.insert(chosen.end(), batches[0].begin(), batches[0].end());
    losses.push_back(block->step(batches)[0].loss);
  }
  write(folder + "/batches.u32", chosen);
  write(folder + "/losses.f64", losses);
  write(folder + "/final.f32", block->state(0).weights);
  return 0;
}
