// Dropout masks of one training step for the lanes of a block: a pure function of each
// lane's seed and step. Thread-safety: one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "train/lanes.hpp"

namespace sweetspot::train {

struct DropoutKey {
  uint64_t seed;
  uint32_t step;
  bool operator==(const DropoutKey&) const = default;
};

using DropoutKeys = std::array<std::optional<DropoutKey>, kMostBlockLanes>;

// kept[image * units + unit] gets a bit a lane, set where the unit is kept. Sixteen random bits
// decide a unit, so `rate` is exact to 2^-17. Lanes without a key get no bits.
void draw_dropout(const DropoutKeys& lanes, uint32_t layer, double rate, std::span<LaneMask> kept);

}  // namespace sweetspot::train
