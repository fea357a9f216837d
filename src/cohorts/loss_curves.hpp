// Trains a few recipes beside each other and keeps the loss of every step, which the cohorts of a
// study do not. Thread-safety: one call at a time for each set of images; it has threads of its
// own.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sweetspot/network.hpp"
#include "train/images.hpp"
#include "train/lane_block.hpp"

namespace sweetspot::cohorts {

struct CurveJob {
  train::LaneRecipe recipe;
  uint64_t steps = 0;
  // Ends where the smoothed loss has diverged (search/range_suggestions.hpp); else only where a
  // loss is not finite.
  bool ends_at_divergence = false;
};

struct LossCurve {
  std::vector<double> losses;  // of each step's minibatch, before the update; the last may be NaN
  double compute_seconds = 0;  // its share of the threads' time
};

// The curves in the order of the jobs; they depend on the jobs alone. `on_step` gets the number of
// steps since its last call, from any of the threads but one at a time.
std::vector<LossCurve> loss_curves(const train::Network& network, const train::Images& images,
                                   int batch_size, std::span<const CurveJob> jobs, int threads,
                                   const std::function<void(uint64_t steps)>& on_step);

}  // namespace sweetspot::cohorts
