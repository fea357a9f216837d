#include "train/blocks.hpp"
#include "train/lane_block.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "train/block_of_8.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#if HWY_TARGET == HWY_AVX2
#define SWEETSPOT_COMPILING_KERNELS
#include "train/kernels/block-inl.hpp"
#undef SWEETSPOT_COMPILING_KERNELS
#endif

#if HWY_ONCE
namespace sweetspot::train {

bool has_vectors_of_8() {
  return (hwy::SupportedTargets() & HWY_AVX2) != 0;
}

std::unique_ptr<LaneBlock> make_block_of_8(const Network& network, int batch_size,
                                           const Images& images) {
  return N_AVX2::make_block(network, batch_size, images);
}

}  // namespace sweetspot::train
#endif
