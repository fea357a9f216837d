#include "train/blocks.hpp"
#include "train/lane_block.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "train/block_of_16.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#if HWY_TARGET == HWY_AVX3
#define SWEETSPOT_COMPILING_KERNELS
#include "train/kernels/block-inl.hpp"
#undef SWEETSPOT_COMPILING_KERNELS
#endif

#if HWY_ONCE
namespace sweetspot::train {

bool has_vectors_of_16() {
  return (hwy::SupportedTargets() & HWY_AVX3) != 0;
}

std::unique_ptr<LaneBlock> make_block_of_16(const Network& network, int batch_size,
                                            const Images& images) {
  return N_AVX3::make_block(network, batch_size, images);
}

}  // namespace sweetspot::train
#endif
