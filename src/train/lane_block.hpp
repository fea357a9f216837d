// Trials that step together, one in each lane of the vector unit: every weight, activation,
// gradient and optimizer value carries an innermost dimension of the lanes and all arithmetic
// on it is vertical, so that a lane's numbers do not depend on its neighbours, nor on how many they
// are: eight where vectors have 256 bits, sixteen where they have 512.
// Thread-safety: one thread at a time; blocks share nothing but the (immutable) images.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sweetspot/network.hpp"
#include "train/images.hpp"
#include "train/lanes.hpp"
#include "train/optimizer.hpp"
#include "train/schedule.hpp"

namespace sweetspot::train {

// What one lane trains with.
struct LaneRecipe {
  int optimizer = 0;            // index into optimizers()
  double learning_rate = 0;     // times the schedule's factor
  std::vector<double> numbers;  // as optimizer_numbers() gives them
  Semantics semantics = Semantics::tensorflow;
  Schedule schedule;
  uint64_t seed = 1;
};

// All that a lane's training consists of, in canonical order (parameter_layout.hpp): for resuming
// and for copying a trial from lane to lane.
struct LaneState {
  uint64_t step = 0;            // updates done
  std::vector<double> scalars;  // powers of the optimizer's numbers, then its own
  std::vector<float> weights;
  std::array<std::vector<float>, kOptimizerSlots> slots;  // empty where its optimizer has none
  bool operator==(const LaneState&) const = default;
};

struct LaneResult {
  double loss = 0;       // mean over the minibatch, before the update
  uint32_t correct = 0;  // images of the minibatch, before the update, dropout on
};

// One for each lane of a block; those past its lanes are unused.
using LaneBatches = std::array<std::span<const uint32_t>, kMostBlockLanes>;
using LaneResults = std::array<LaneResult, kMostBlockLanes>;
using LaneCounts = std::array<uint32_t, kMostBlockLanes>;

class LaneBlock {
 public:
  virtual ~LaneBlock() = default;

  virtual size_t lanes() const = 0;

  // Starts a lane at step 0 with the seed's initial weights.
  virtual void start(size_t lane, const LaneRecipe& recipe) = 0;
  // Goes on from a state that the same recipe reached. Throws Error (study) for a state of another
  // network or optimizer.
  virtual void resume(size_t lane, const LaneRecipe& recipe, const LaneState& state) = 0;
  virtual LaneState state(size_t lane) const = 0;
  // An idle lane steps along, but its numbers mean nothing.
  virtual void stop(size_t lane) = 0;

  // One step of every busy lane; batches[lane] holds batch_size images, and is empty where the lane
  // is idle.
  virtual LaneResults step(const LaneBatches& batches) = 0;

  // Images of `set` that each lane classifies rightly, dropout off.
  virtual LaneCounts count_correct(const Images& set) = 0;

  // Memory that the block holds.
  virtual double bytes() const = 0;
};

// The lanes of a cohort on each of `threads` threads, for `trials` that train at once: the widest
// block's that this processor has, unless narrower ones keep more threads busy.
size_t lanes_for(size_t trials, size_t threads);

// A block of the widest kind with at most `lanes` lanes (at least 8). Throws Error (system) where
// the processor lacks AVX2 and FMA: without a fused multiply-add the results would differ from
// other machines' in their last bits.
std::unique_ptr<LaneBlock> make_lane_block(const Network& network, int batch_size,
                                           const Images& images, size_t lanes = kMostBlockLanes);

// Bytes that blocks of `lanes` lanes in all hold once a rule with so many slots trains in them;
// found by making one.
double lane_block_bytes(const Network& network, int batch_size, int slots, size_t lanes);

}  // namespace sweetspot::train
