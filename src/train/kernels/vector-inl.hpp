// The vector type of the trainer's kernels: one float a lane, eight lanes. Included once for each
// SIMD target; see lane_block.cpp.
#if defined(SWEETSPOT_TRAIN_KERNELS_VECTOR_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_VECTOR_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_VECTOR_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_VECTOR_INL_HPP
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using LaneTag = hn::FixedTag<float, 8>;
using LaneVector = hn::Vec<LaneTag>;
constexpr LaneTag kLaneTag;
constexpr size_t kLanes = 8;

// Channels that lie side by side in a tensor: [block of channels][y][x][channel in block][lane].
constexpr int kChannelBlock = 4;

inline int channel_blocks(int channels) {
  return (channels + kChannelBlock - 1) / kChannelBlock;
}

inline int block_size(int channels, int block) {
  const int left = channels - block * kChannelBlock;
  return left < kChannelBlock ? left : kChannelBlock;
}

HWY_INLINE LaneVector load(const float* HWY_RESTRICT from) {
  return hn::Load(kLaneTag, from);
}
HWY_INLINE void store(LaneVector value, float* HWY_RESTRICT to) {
  hn::Store(value, kLaneTag, to);
}

// Forbids the compiler to load the value again at each use: g++ 12 folds a load into every
// multiply-add that uses it, which doubles the loads and makes the kernels load-bound.
HWY_INLINE void keep_in_register(LaneVector& value) {
  asm("" : "+x"(value.raw));
}

// A lambda that is compiled into its caller.
#define SWEETSPOT_INLINE_LAMBDA HWY_ATTR __attribute__((always_inline))

// function(constant) for 0..N-1. An index must be a constant before the optimizer looks at the
// array: g++ 12 keeps an array that a loop indexes in memory even after it unrolls the loop.
template <int N, class Function>
HWY_INLINE void unroll(const Function& function) {
  [&]<int... I>(std::integer_sequence<int, I...>) SWEETSPOT_INLINE_LAMBDA {
    (function(std::integral_constant<int, I>()), ...);
  }
  (std::make_integer_sequence<int, N>());
}

// rows[i] lane j <-> rows[j] lane i.
HWY_INLINE void transpose(LaneVector (&rows)[8]) {
  const hn::RepartitionToWide<LaneTag> wide;
  LaneVector pairs[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = hn::InterleaveLower(kLaneTag, rows[i], rows[i + 1]);
    pairs[i + 1] = hn::InterleaveUpper(kLaneTag, rows[i], rows[i + 1]);
  }
  LaneVector quads[8];
  for (int half = 0; half < 8; half += 4) {
    for (int i = 0; i < 2; ++i) {
      const auto a = hn::BitCast(wide, pairs[half + i]);
      const auto b = hn::BitCast(wide, pairs[half + i + 2]);
      quads[half + 2 * i] = hn::BitCast(kLaneTag, hn::InterleaveLower(wide, a, b));
      quads[half + 2 * i + 1] = hn::BitCast(kLaneTag, hn::InterleaveUpper(wide, a, b));
    }
  }
  for (int i = 0; i < 4; ++i) {
    rows[i] = hn::ConcatLowerLower(kLaneTag, quads[i + 4], quads[i]);
    rows[i + 4] = hn::ConcatUpperUpper(kLaneTag, quads[i + 4], quads[i]);
  }
}

HWY_INLINE void transpose(hn::Vec<hn::FixedTag<int16_t, 8>> (&rows)[8]) {
  const hn::FixedTag<int16_t, 8> shorts;
  const hn::FixedTag<int32_t, 4> pairs_tag;
  const hn::FixedTag<int64_t, 2> quads_tag;
  hn::Vec<hn::FixedTag<int32_t, 4>> pairs[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = hn::BitCast(pairs_tag, hn::InterleaveLower(shorts, rows[i], rows[i + 1]));
    pairs[i + 1] = hn::BitCast(pairs_tag, hn::InterleaveUpper(shorts, rows[i], rows[i + 1]));
  }
  hn::Vec<hn::FixedTag<int64_t, 2>> quads[8];
  for (int half = 0; half < 8; half += 4) {
    for (int i = 0; i < 2; ++i) {
      const auto a = pairs[half + i];
      const auto b = pairs[half + i + 2];
      quads[half + 2 * i] = hn::BitCast(quads_tag, hn::InterleaveLower(pairs_tag, a, b));
      quads[half + 2 * i + 1] = hn::BitCast(quads_tag, hn::InterleaveUpper(pairs_tag, a, b));
    }
  }
  for (int i = 0; i < 4; ++i) {
    rows[2 * i] = hn::BitCast(shorts, hn::InterleaveLower(quads_tag, quads[i], quads[i + 4]));
    rows[2 * i + 1] = hn::BitCast(shorts, hn::InterleaveUpper(quads_tag, quads[i], quads[i + 4]));
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
