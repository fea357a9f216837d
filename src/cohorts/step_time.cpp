#include "cohorts/step_time.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <vector>

#include "cohorts/study_setup.hpp"
#include "train/lane_block.hpp"

namespace sweetspot::cohorts {

double measured_step_seconds(const study::Settings& settings, const data::ImageSet& set,
                             size_t lanes) {
  constexpr int kSteps = 5;
  const train::Network network = network_of(settings, set);
  const data::LabelledPixels all = data::split(set).training;
  const auto batch_size = static_cast<size_t>(settings.batch_size);
  const size_t image = static_cast<size_t>(set.channels) * set.height * set.width;
  const train::Images images(network, all.pixels.first(batch_size * image),
                             all.labels.first(batch_size));
  const auto block = train::make_lane_block(network, settings.batch_size, images, lanes);
  train::LaneRecipe recipe;
  const bool is_trace = settings.kind == study::Kind::trace;
  recipe.optimizer = train::optimizer_index(is_trace ? settings.configs.back().optimizer
                                                     : settings.optimizers.back());
  recipe.learning_rate = 1e-3;
  recipe.numbers = train::optimizer_numbers(recipe.optimizer, recipe.semantics, {});
  std::vector<uint32_t> batch(batch_size);
  std::iota(batch.begin(), batch.end(), 0U);
  train::LaneBatches batches;
  for (size_t lane = 0; lane < block->lanes(); ++lane) {
    block->start(lane, recipe);
    batches[lane] = batch;
  }
  std::vector<double> seconds;
  for (int step = 0; step < kSteps; ++step) {
    const auto start = std::chrono::steady_clock::now();
    block->step(batches);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[kSteps / 2] / static_cast<double>(block->lanes());
}

}  // namespace sweetspot::cohorts
