// The vector types of the trainer's kernels: one float a lane, as many lanes as the target's
// vectors have; and eight values of one trial side by side. Included once for each SIMD target; see
// block-inl.hpp.
#if defined(SWEETSPOT_TRAIN_KERNELS_SHARED_VECTOR_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_SHARED_VECTOR_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_SHARED_VECTOR_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_SHARED_VECTOR_INL_HPP
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "train/lanes.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kLanes = HWY_TARGET == HWY_AVX3 ? 16 : 8;
using LaneTag = hn::FixedTag<float, kLanes>;
using LaneVector = hn::Vec<LaneTag>;
using LaneIntVector = hn::Vec<hn::FixedTag<int32_t, kLanes>>;
constexpr LaneTag kLaneTag;
constexpr hn::FixedTag<int32_t, kLanes> kLaneIntTag;

// What goes trial by trial takes eight values at once on every target: windows of filters are not
// wider, and sums over places come out the same to the bit.
constexpr size_t kPlaces = 8;
using PlaceTag = hn::FixedTag<float, kPlaces>;
using PlaceVector = hn::Vec<PlaceTag>;
constexpr PlaceTag kPlaceTag;
constexpr hn::FixedTag<int32_t, kPlaces> kPlaceIntTag;

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
HWY_INLINE hn::Mask<LaneTag> load_mask(const LaneMask* from) {
  return hn::LoadMaskBits(kLaneTag, reinterpret_cast<const uint8_t*>(from));
}
HWY_INLINE LaneMask mask_bits(hn::Mask<LaneTag> mask) {
  LaneMask bits = 0;
  hn::StoreMaskBits(kLaneTag, mask, reinterpret_cast<uint8_t*>(&bits));
  return bits;
}
HWY_INLINE PlaceVector load_places(const float* HWY_RESTRICT from) {
  return hn::Load(kPlaceTag, from);
}
HWY_INLINE void store_places(PlaceVector value, float* HWY_RESTRICT to) {
  hn::Store(value, kPlaceTag, to);
}

// Forbids the compiler to load the value again at each use: g++ 12 folds a load into every
// multiply-add that uses it, which doubles the loads and makes the kernels load-bound.
HWY_INLINE void keep_in_register(LaneVector& value) {
  asm("" : "+v"(value.raw));
}

// The same for packed integers, which it would load again one by one.
HWY_INLINE void keep_in_register(uint64_t& value) {
  asm("" : "+r"(value));
}

// Eight lanes of a vector of as many, or of sixteen: the first ones, or the next.
template <int kHalf, class Vector>
HWY_INLINE PlaceVector places_of(Vector vector) {
  if constexpr (hn::MaxLanes(hn::DFromV<Vector>()) == kPlaces) {
    return vector;
  } else if constexpr (kHalf == 0) {
    return hn::LowerHalf(kPlaceTag, vector);
  } else {
    return hn::UpperHalf(kPlaceTag, vector);
  }
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

// V vectors of places side by side, in as few of the target's vectors as hold them.
template <int V>
struct PlaceRow {
  static constexpr int kTogether = kLanes / kPlaces;
  static constexpr int kWide = V / kTogether;
  static constexpr int kRest = V % kTogether;
  LaneVector wide[kWide + 1];
  PlaceVector rest;  // where kRest is 1

  HWY_INLINE void load(const float* HWY_RESTRICT from) {
    unroll<kWide>(
        [&](auto i) SWEETSPOT_INLINE_LAMBDA { wide[i] = hn::LoadU(kLaneTag, from + i * kLanes); });
    if constexpr (kRest > 0) rest = hn::LoadU(kPlaceTag, from + kWide * kLanes);
  }
  HWY_INLINE void store(float* HWY_RESTRICT to) const {
    unroll<kWide>([&](auto i)
                      SWEETSPOT_INLINE_LAMBDA { hn::StoreU(wide[i], kLaneTag, to + i * kLanes); });
    if constexpr (kRest > 0) hn::StoreU(rest, kPlaceTag, to + kWide * kLanes);
  }
  // Adds factor times each of the row `values`.
  HWY_INLINE void add_product(float factor, const float* HWY_RESTRICT values) {
    unroll<kWide>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
      wide[i] =
          hn::MulAdd(hn::Set(kLaneTag, factor), hn::LoadU(kLaneTag, values + i * kLanes), wide[i]);
    });
    if constexpr (kRest > 0) {
      rest = hn::MulAdd(hn::Set(kPlaceTag, factor), hn::LoadU(kPlaceTag, values + kWide * kLanes),
                        rest);
    }
  }
};

// Vector registers: twice as many as AVX2 has.
constexpr bool kHas32Registers = HWY_TARGET == HWY_AVX3;

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
