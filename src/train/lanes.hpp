// How many trials a block may have, one in each lane of its vectors. Thread-safety: constants.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sweetspot::train {

constexpr size_t kMostBlockLanes = 16;

// A bit a lane.
using LaneMask = uint16_t;

}  // namespace sweetspot::train
