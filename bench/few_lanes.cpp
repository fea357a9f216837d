// What a step costs when few lanes of a block are busy, as at the end of a study: `tiny` and wider
// networks, for one busy lane to all, interleaved.
//   few_lanes DATA_FOLDER [REPEATS]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "data/image_folder.hpp"
#include "data/minibatch_order.hpp"
#include "models/named_models.hpp"
#include "train/lane_block.hpp"

namespace {

using namespace sweetspot;

constexpr int kBatch = 100;
// Up to all of the lanes of this processor's blocks.
std::vector<size_t> busy_lanes(const train::Network& network, const train::Images& images) {
  std::vector<size_t> busy = {1, 2, 3, 4, 6, 8, 12, 16};
  const size_t lanes = train::make_lane_block(network, kBatch, images)->lanes();
  std::erase_if(busy, [&](size_t count) { return count > lanes; });
  return busy;
}

std::unique_ptr<train::LaneBlock> block_with(size_t busy, const train::Network& network,
                                             const train::Images& images) {
  auto block = train::make_lane_block(network, kBatch, images);
  train::LaneRecipe recipe;
  recipe.optimizer = train::optimizer_index("adam");
  recipe.learning_rate = 1e-3;
  recipe.numbers = train::optimizer_numbers(recipe.optimizer, recipe.semantics, {});
  for (size_t lane = 0; lane < busy; ++lane) block->start(lane, recipe);
  return block;
}

double seconds_of_a_step(train::LaneBlock& block, size_t busy, data::MinibatchOrder& order,
                         uint64_t step) {
  std::array<std::shared_ptr<const std::vector<uint32_t>>, train::kMostBlockLanes> keep;
  train::LaneBatches batches;
  for (size_t lane = 0; lane < busy; ++lane) {
    batches[lane] = order.batch(1, step + 7 * lane, keep[lane]);
  }
  const auto start = std::chrono::steady_clock::now();
  block.step(batches);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const int repeats = count > 2 ? std::atoi(arguments[2]) : 21;
  const data::ImageSet set = data::read_idx_folder("mnist", arguments[1]);
  const data::Split parts = data::split(set);
  fmt::print("a step's time over that of a full block, medians of {} steps\n", repeats);
  for (const double width : {1.0, 2.0, 4.0, 7.0, 10.0}) {
    const train::Network network =
        models::named_network("tiny", width, {set.channels, set.height, set.width}, set.classes);
    const train::Images images(network, parts.training.pixels, parts.training.labels);
    data::MinibatchOrder order(images.count(), kBatch);
    const std::vector<size_t> counts = busy_lanes(network, images);
    if (width == 1) {
      fmt::print("{:<12}{:>10}", "network", "full: ms");
      for (const size_t busy : counts) fmt::print("{:>8}", busy);
      fmt::print("\n");
    }
    std::vector<std::unique_ptr<train::LaneBlock>> blocks;
    for (const size_t busy : counts) blocks.push_back(block_with(busy, network, images));
    std::vector<std::vector<double>> times(counts.size());
    for (int step = 0; step < repeats; ++step) {
      for (size_t i = 0; i < counts.size(); ++i) {
        times[i].push_back(
            seconds_of_a_step(*blocks[i], counts[i], order, static_cast<uint64_t>(step)));
      }
    }
    std::vector<double> medians;
    for (std::vector<double>& of_one : times) {
      std::sort(of_one.begin(), of_one.end());
      medians.push_back(of_one[of_one.size() / 2]);
    }
    fmt::print("tiny x {:<5g}{:>10.3g}", width, 1e3 * medians.back());
    for (const double median : medians) fmt::print("{:>8.2f}", median / medians.back());
    fmt::print("\n");
  }
  return 0;
}
