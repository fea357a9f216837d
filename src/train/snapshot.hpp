// One trial's training as one object: for resuming it, in any lane of any cohort.
// Thread-safety: plain values and pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "train/lane_block.hpp"

namespace sweetspot::train {

// Minibatches that train_accuracy and the loss are taken over.
constexpr size_t kRecentSteps = 50;

struct TrialSnapshot {
  LaneState state;
  uint64_t correct = 0;  // images, since step 0
  uint64_t seen = 0;
  // Of the last kRecentSteps steps, at step modulo kRecentSteps.
  std::vector<double> recent_losses;
  std::vector<uint32_t> recent_correct;
  double compute_seconds = 0;
  bool operator==(const TrialSnapshot&) const = default;
};

// The on-disk form is documented in docs/study-format.md. from_bytes throws Error (study) for bytes
// that are damaged.
std::vector<uint8_t> to_bytes(const TrialSnapshot& snapshot);
TrialSnapshot snapshot_from_bytes(const std::vector<uint8_t>& bytes);

}  // namespace sweetspot::train
