// Counter-based randomness (Philox 4x32-10; Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", SC'11): every number is a pure function of seed, purpose, step and index, so that no
// number depends on who asked before. Thread-safety: pure functions.
#pragma once

#include <array>
#include <cstdint>

namespace sweetspot {

// What a number is drawn for; two purposes never share a number. Values are part of the bit-exact
// results: never renumber.
enum class Purpose : uint32_t { initial_weights = 1, minibatch_order = 2, dropout = 3, search = 4 };

// Four 32-bit words for (seed, purpose, layer, step, index).
std::array<uint32_t, 4> random_words(uint64_t seed, Purpose purpose, uint32_t layer, uint32_t step,
                                     uint32_t index);

}  // namespace sweetspot
