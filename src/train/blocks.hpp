// The kinds of blocks, each compiled for the processors that have its vectors. Thread-safety: pure
// functions.
#pragma once

#include <memory>

#include "train/lane_block.hpp"

namespace sweetspot::train {

// Whether the processor has AVX2 and FMA, and a block that needs them.
bool has_vectors_of_8();
std::unique_ptr<LaneBlock> make_block_of_8(const Network& network, int batch_size,
                                           const Images& images);

// The same for AVX-512 (F, BW, CD, DQ and VL).
bool has_vectors_of_16();
std::unique_ptr<LaneBlock> make_block_of_16(const Network& network, int batch_size,
                                            const Images& images);

}  // namespace sweetspot::train
