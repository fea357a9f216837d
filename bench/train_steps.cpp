// Times training steps of one full block of trials on one core and prints one JSON line; what
// bench/versus_torch puts beside a framework's figure.
//   train_steps DATA_FOLDER MODEL STEPS OPTIMIZER together|apart [LANES]
// "apart" puts every lane at another place in the minibatch order, as after refills. LANES: the
// widest block that is used [the processor's]. STEPS "-": as many as each line of the standard
// input says, with a line printed for each.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "data/image_folder.hpp"
#include "data/minibatch_order.hpp"
#include "models/named_models.hpp"
#include "sweetspot/error.hpp"
#include "train/lane_block.hpp"
#include "train/stages.hpp"

namespace {

using namespace sweetspot;

// A block with a trial in each lane.
class Trials {
 public:
  Trials(const train::Network& network, const train::Images& images, const std::string& optimizer,
         bool apart, size_t lanes)
      : block_(train::make_lane_block(network, kBatch, images, lanes)),
        order_(images.count(), kBatch),
        apart_(apart) {
    train::LaneRecipe recipe;
    recipe.optimizer = train::optimizer_index(optimizer);
    recipe.learning_rate = 1e-3;
    recipe.numbers = train::optimizer_numbers(recipe.optimizer, recipe.semantics, {});
    for (size_t lane = 0; lane < block_->lanes(); ++lane) block_->start(lane, recipe);
  }

  static constexpr int kBatch = 100;

  // The median over the steps.
  double seconds_per_trial_step(int steps) {
    std::vector<double> times;
    for (int i = 0; i < steps; ++i, ++step_) {
      train::LaneBatches batches;
      for (size_t lane = 0; lane < block_->lanes(); ++lane) {
        batches[lane] = order_.batch(1, step_ + (apart_ ? 7 * lane : 0), keep_[lane]);
      }
      const auto start = std::chrono::steady_clock::now();
      loss_ = block_->step(batches)[0].loss;
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
      times.push_back(taken.count());
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2] / static_cast<double>(block_->lanes());
  }

  double loss() const { return loss_; }

 private:
  std::unique_ptr<train::LaneBlock> block_;
  data::MinibatchOrder order_;
  std::array<std::shared_ptr<const std::vector<uint32_t>>, train::kMostBlockLanes> keep_;
  bool apart_;
  uint64_t step_ = 0;
  double loss_ = 0;
};

int run(int count, char** arguments) {
  const std::string model = arguments[2];
  const std::string steps = arguments[3];
  if (steps != "-" && std::atoi(arguments[3]) < 1) {
    fmt::print(stderr, "STEPS: '{}', must be 1 or more, or -\n", steps);
    return 2;
  }
  const size_t lanes = count > 6 ? std::strtoul(arguments[6], nullptr, 10) : train::kMostBlockLanes;
  const data::ImageSet set = data::read_idx_folder("mnist", arguments[1]);
  const data::Split parts = data::split(set);
  const train::ImageShape shape = {set.channels, set.height, set.width};
  const train::Network network = models::named_network(model, 1, shape, set.classes);
  const train::Images images(network, parts.training.pixels, parts.training.labels);
  Trials trials(network, images, arguments[4], arguments[5] == std::string("apart"), lanes);
  const double operations = train::operations_per_step(train::stages_of(network), Trials::kBatch);
  const auto measure = [&](int steps_now) {
    if (steps_now < 1) return;
    const double seconds = trials.seconds_per_trial_step(steps_now);
    fmt::print(
        "{{\"model\": \"{}\", \"seconds_per_trial_step\": {:.6g}, \"gflops\": {:.4g}, "
        "\"loss\": {:.4g}}}\n",
        model, seconds, operations / seconds / 1e9, trials.loss());
    std::fflush(stdout);
  };
  if (steps != "-") {
    measure(std::atoi(arguments[3]));
    return 0;
  }
  for (std::string line; std::getline(std::cin, line);) measure(std::atoi(line.c_str()));
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 6) {
    fmt::print(stderr,
               "usage: train_steps DATA_FOLDER MODEL STEPS|- OPTIMIZER together|apart [LANES]\n");
    return 2;
  }
  try {
    return run(count, arguments);
  } catch (const sweetspot::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
