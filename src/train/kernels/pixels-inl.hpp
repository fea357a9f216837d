// Pixels of all lanes' images, from bytes image by image to vectors with one of each lane.
#if defined(SWEETSPOT_TRAIN_KERNELS_PIXELS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_PIXELS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_PIXELS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_PIXELS_INL_HPP
#endif

#include "train/kernels/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Divided by 255. The product alone would differ from the quotient in the last bit for some bytes;
// the correction makes it the quotient.
HWY_INLINE LaneVector scaled_pixels(LaneIntVector pixels) {
  const LaneVector value = hn::ConvertTo(kLaneTag, pixels);
  const LaneVector inverse = hn::Set(kLaneTag, 1.0F / 255.0F);
  const LaneVector quotient = hn::Mul(value, inverse);
  const LaneVector error = hn::NegMulAdd(quotient, hn::Set(kLaneTag, 255.0F), value);
  return hn::MulAdd(error, inverse, quotient);
}

// Room for what pixel_values() writes, with what a kernel may read past it.
constexpr size_t values_with_tail(size_t bytes) {
  return (bytes + kLanes - 1) / kLanes * kLanes + 2 * kPlaces;
}

// Pixels as numbers, 0 to 255. What fills a vector up may be read and written past their end.
HWY_INLINE void pixel_values(const uint8_t* HWY_RESTRICT from, size_t bytes,
                             float* HWY_RESTRICT values) {
  const hn::FixedTag<uint8_t, kLanes> byte_tag;
  for (size_t i = 0; i < bytes; i += kLanes) {
    const auto whole = hn::PromoteTo(kLaneIntTag, hn::LoadU(byte_tag, from + i));
    hn::StoreU(hn::ConvertTo(kLaneTag, whole), kLaneTag, values + i);
  }
}

using ByteVector = hn::Vec<hn::FixedTag<uint8_t, 16>>;

// Vectors of bytes that hold eight pixels of every lane.
constexpr int kPixelVectors = static_cast<int>(kLanes / 2);

// One step of a transpose of bytes. Before it each of some lists of vectors has some of the lanes,
// pixel by pixel; each list of the first half and its like in the second become one, their lanes in
// turn.
HWY_INLINE void join_lists(ByteVector (&vectors)[kPixelVectors]) {
  constexpr hn::FixedTag<uint8_t, 16> bytes;
  constexpr int kHalf = kPixelVectors / 2;
  ByteVector joined[kPixelVectors];
  unroll<kHalf>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
    joined[2 * i] = hn::InterleaveLower(bytes, vectors[i], vectors[i + kHalf]);
    joined[2 * i + 1] = hn::InterleaveUpper(bytes, vectors[i], vectors[i + kHalf]);
  });
  unroll<kPixelVectors>([&](auto i) SWEETSPOT_INLINE_LAMBDA { vectors[i] = joined[i]; });
}

// function(pixel, vector) for each of the eight pixels that begin at lanes[lane] + offset: those of
// all lanes, divided by 255.
template <class Function>
HWY_INLINE void for_each_pixel(const uint8_t* const (&lanes)[kLanes], size_t offset,
                               const Function& function) {
  constexpr hn::FixedTag<uint8_t, 16> bytes;
  constexpr hn::FixedTag<uint8_t, 8> half;
  ByteVector vectors[kPixelVectors];
  unroll<kPixelVectors>([&](auto lane) SWEETSPOT_INLINE_LAMBDA {
    const auto of = [&](size_t which) SWEETSPOT_INLINE_LAMBDA {
      return hn::ZeroExtendVector(bytes, hn::LoadU(half, lanes[which] + offset));
    };
    vectors[lane] = hn::InterleaveLower(bytes, of(lane), of(lane + kPixelVectors));
  });
  if constexpr (kLanes == 16) join_lists(vectors);
  join_lists(vectors);
  join_lists(vectors);
  unroll<kPixelVectors>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
    if constexpr (kLanes == 16) {
      function(i, scaled_pixels(hn::PromoteTo(kLaneIntTag, vectors[i])));
    } else {
      function(2 * i, scaled_pixels(hn::PromoteTo(kLaneIntTag, hn::LowerHalf(half, vectors[i]))));
      function(2 * i + 1,
               scaled_pixels(hn::PromoteTo(kLaneIntTag, hn::UpperHalf(half, vectors[i]))));
    }
  });
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
