// Transposes of vectors, by shuffles.
#if defined(SWEETSPOT_TRAIN_KERNELS_SHARED_TRANSPOSE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_SHARED_TRANSPOSE_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_SHARED_TRANSPOSE_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_SHARED_TRANSPOSE_INL_HPP
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// rows[i] place j <-> rows[j] place i.
HWY_INLINE void transpose(PlaceVector (&rows)[kPlaces]) {
  const hn::RepartitionToWide<PlaceTag> wide;
  PlaceVector pairs[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = hn::InterleaveLower(kPlaceTag, rows[i], rows[i + 1]);
    pairs[i + 1] = hn::InterleaveUpper(kPlaceTag, rows[i], rows[i + 1]);
  }
  PlaceVector quads[8];
  for (int half = 0; half < 8; half += 4) {
    for (int i = 0; i < 2; ++i) {
      const auto a = hn::BitCast(wide, pairs[half + i]);
      const auto b = hn::BitCast(wide, pairs[half + i + 2]);
      quads[half + 2 * i] = hn::BitCast(kPlaceTag, hn::InterleaveLower(wide, a, b));
      quads[half + 2 * i + 1] = hn::BitCast(kPlaceTag, hn::InterleaveUpper(wide, a, b));
    }
  }
  for (int i = 0; i < 4; ++i) {
    rows[i] = hn::ConcatLowerLower(kPlaceTag, quads[i + 4], quads[i]);
    rows[i + 4] = hn::ConcatUpperUpper(kPlaceTag, quads[i + 4], quads[i]);
  }
}

// In each block of eight: rows[i] value j <-> rows[j] value i.
template <class Tag>
HWY_INLINE void transpose_blocks(Tag shorts, hn::Vec<Tag> (&rows)[kPlaces]) {
  const hn::RepartitionToWide<Tag> pairs_tag;
  const hn::RepartitionToWide<decltype(pairs_tag)> quads_tag;
  hn::Vec<decltype(pairs_tag)> pairs[8];
  unroll<4>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
    const auto a = rows[2 * i];
    const auto b = rows[2 * i + 1];
    pairs[2 * i] = hn::BitCast(pairs_tag, hn::InterleaveLower(shorts, a, b));
    pairs[2 * i + 1] = hn::BitCast(pairs_tag, hn::InterleaveUpper(shorts, a, b));
  });
  hn::Vec<decltype(quads_tag)> quads[8];
  unroll<4>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
    constexpr int kFirst = i / 2 * 4 + i % 2;
    const auto a = pairs[kFirst];
    const auto b = pairs[kFirst + 2];
    quads[2 * i] = hn::BitCast(quads_tag, hn::InterleaveLower(pairs_tag, a, b));
    quads[2 * i + 1] = hn::BitCast(quads_tag, hn::InterleaveUpper(pairs_tag, a, b));
  });
  unroll<4>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
    const auto a = quads[i];
    const auto b = quads[i + 4];
    rows[2 * i] = hn::BitCast(shorts, hn::InterleaveLower(quads_tag, a, b));
    rows[2 * i + 1] = hn::BitCast(shorts, hn::InterleaveUpper(quads_tag, a, b));
  });
}

// One of a vector's blocks of 128 bits.
template <int kBlock, class Tag>
HWY_INLINE auto block_of(Tag tag, hn::Vec<Tag> vector) {
  constexpr int kBlocks = static_cast<int>(hn::MaxLanes(tag) * sizeof(hn::TFromD<Tag>) / 16);
  if constexpr (kBlocks == 1) {
    return vector;
  } else {
    constexpr hn::Half<Tag> half;
    if constexpr (kBlock < kBlocks / 2) {
      return block_of<kBlock>(half, hn::LowerHalf(half, vector));
    } else {
      return block_of<kBlock - kBlocks / 2>(half, hn::UpperHalf(half, vector));
    }
  }
}

// The blocks of four vectors of sixteen: of[i] block j <-> of[j] block i.
template <class Vector>
HWY_INLINE void transpose_quarters(Vector (&of)[4]) {
  constexpr hn::DFromV<Vector> tag;
  const auto swapped = [](Vector v) SWEETSPOT_INLINE_LAMBDA { return hn::SwapAdjacentBlocks(v); };
  const Vector lower02 = hn::ConcatLowerLower(tag, of[2], of[0]);
  const Vector lower13 = hn::ConcatLowerLower(tag, of[3], of[1]);
  const Vector upper02 = hn::ConcatUpperUpper(tag, of[2], of[0]);
  const Vector upper13 = hn::ConcatUpperUpper(tag, of[3], of[1]);
  of[0] = hn::OddEvenBlocks(swapped(lower13), lower02);
  of[1] = hn::OddEvenBlocks(lower13, swapped(lower02));
  of[2] = hn::OddEvenBlocks(swapped(upper13), upper02);
  of[3] = hn::OddEvenBlocks(upper13, swapped(upper02));
}

// rows[i] value j <-> rows[j] value i, of sixteen.
template <class Vector>
HWY_INLINE void transpose(Vector (&rows)[16]) {
  const hn::DFromV<Vector> tag;
  const hn::RepartitionToWide<hn::DFromV<Vector>> wide;
  const auto pair = [&](auto a) SWEETSPOT_INLINE_LAMBDA { return hn::BitCast(wide, a); };
  const auto back = [&](auto a) SWEETSPOT_INLINE_LAMBDA { return hn::BitCast(tag, a); };
  Vector of[4][4];  // [value modulo 4][rows / 4]
  unroll<4>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
    const Vector* four = rows + 4 * i;
    const auto lower01 = pair(hn::InterleaveLower(tag, four[0], four[1]));
    const auto upper01 = pair(hn::InterleaveUpper(tag, four[0], four[1]));
    const auto lower23 = pair(hn::InterleaveLower(tag, four[2], four[3]));
    const auto upper23 = pair(hn::InterleaveUpper(tag, four[2], four[3]));
    of[0][i] = back(hn::InterleaveLower(wide, lower01, lower23));
    of[1][i] = back(hn::InterleaveUpper(wide, lower01, lower23));
    of[2][i] = back(hn::InterleaveLower(wide, upper01, upper23));
    of[3][i] = back(hn::InterleaveUpper(wide, upper01, upper23));
  });
  unroll<4>([&](auto j) SWEETSPOT_INLINE_LAMBDA {
    transpose_quarters(of[j]);
    unroll<4>([&](auto i) SWEETSPOT_INLINE_LAMBDA { rows[4 * i + j] = of[j][i]; });
  });
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
