// Pixels from bytes to floats.
#if defined(SWEETSPOT_TRAIN_KERNELS_LAYOUT_PIXELS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_LAYOUT_PIXELS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_LAYOUT_PIXELS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_LAYOUT_PIXELS_INL_HPP
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Divided by 255. The product with the nearest float to 1/255 alone would differ from the quotient
// in the last bit for some bytes; with what that float lacks of 1/255 it is the quotient.
HWY_INLINE LaneVector scaled_pixels(LaneIntVector pixels) {
  constexpr float kInverse = 1.0F / 255.0F;
  constexpr auto kRest = static_cast<float>(1.0 / 255.0 - static_cast<double>(kInverse));
  const LaneVector value = hn::ConvertTo(kLaneTag, pixels);
  const LaneVector rest = hn::Mul(value, hn::Set(kLaneTag, kRest));
  return hn::MulAdd(value, hn::Set(kLaneTag, kInverse), rest);
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

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
