// Times training steps of one full block of trials on one core and prints one JSON line; what
// bench/versus_torch puts beside a framework's figure.
//   train_steps DATA_FOLDER MODEL STEPS OPTIMIZER together|apart [LANES]
// "apart" puts every lane at another place in the minibatch order, as after refills. LANES: the
// widest block that is used [the processor's].
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>

#include "data/image_folder.hpp"
#include "data/minibatch_order.hpp"
#include "models/named_models.hpp"
#include "train/lane_block.hpp"
#include "train/stages.hpp"

int main(int count, char** arguments) {
  using namespace sweetspot;
  if (count < 6) return 2;
  const std::string model = arguments[2];
  const int steps = std::atoi(arguments[3]);
  const bool apart = arguments[5] == std::string("apart");
  const size_t lanes = count > 6 ? std::strtoul(arguments[6], nullptr, 10) : train::kMostBlockLanes;
  constexpr int kBatch = 100;
  const data::ImageSet set = data::read_idx_folder("mnist", arguments[1]);
  const data::Split parts = data::split(set);
  const train::ImageShape shape = {set.channels, set.height, set.width};
  const train::Network network = models::named_network(model, 1, shape, set.classes);
  const train::Images images(network, parts.training.pixels, parts.training.labels);
  const auto block = train::make_lane_block(network, kBatch, images, lanes);
  train::LaneRecipe recipe;
  recipe.optimizer = train::optimizer_index(arguments[4]);
  recipe.learning_rate = 1e-3;
  recipe.numbers = train::optimizer_numbers(recipe.optimizer, recipe.semantics, {});
  for (size_t lane = 0; lane < block->lanes(); ++lane) block->start(lane, recipe);
  data::MinibatchOrder order(images.count(), kBatch);
  std::vector<double> times;
  double loss = 0;
  std::array<std::shared_ptr<const std::vector<uint32_t>>, train::kMostBlockLanes> keep;
  for (int step = 0; step < steps; ++step) {
    train::LaneBatches batches;
    for (size_t lane = 0; lane < block->lanes(); ++lane) {
      batches[lane] =
          order.batch(1, static_cast<uint64_t>(step) + (apart ? 7 * lane : 0), keep[lane]);
    }
    const auto start = std::chrono::steady_clock::now();
    loss = block->step(batches)[0].loss;
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    times.push_back(taken.count());
  }
  std::sort(times.begin(), times.end());
  const double median = times[times.size() / 2] / static_cast<double>(block->lanes());
  const double operations = train::operations_per_step(train::stages_of(network), kBatch);
  fmt::print(
      "{{\"model\": \"{}\", \"seconds_per_trial_step\": {:.6g}, \"gflops\": {:.4g}, "
      "\"loss\": {:.4g}}}\n",
      model, median, operations / median / 1e9, loss);
  return 0;
}
