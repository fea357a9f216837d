// Which pooled places of a filter have a gradient, in one trial and image. Behind a pooling at most
// one convolved place of a window has one, and behind the ReLU and dropout many have none, but
// which ones differs by trial: so the gradient kernels leave the lanes here and go trial by trial.
//
// A map holds a value for each pooled place of one filter: rows of places, each padded to whole
// vectors (place_row); the padding's origins are closed.
#if defined(SWEETSPOT_TRAIN_KERNELS_SHARED_NONZERO_GRADIENTS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_SHARED_NONZERO_GRADIENTS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_SHARED_NONZERO_GRADIENTS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_SHARED_NONZERO_GRADIENTS_INL_HPP
#endif

#include "base/aligned_buffer.hpp"
#include "train/kernels/shared/vector-inl.hpp"
#include "train/stages.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Images of one trial that the backward pass takes at once: their open places go into one list.
constexpr size_t kImagesTogether = 2;

// Where a pooled value came from: the offset of its place from the window's top left one, in floats
// of a lane-major input; or kClosed, where the ReLU or dropout lets no gradient pass.
using Origin = int16_t;
constexpr Origin kClosed = -1;

constexpr hn::FixedTag<Origin, kPlaces> kPlaceOriginTag;
using PlaceOrigins = hn::Vec<hn::FixedTag<Origin, kPlaces>>;

constexpr size_t round_up_to_places(size_t values) {
  return (values + kPlaces - 1) / kPlaces * kPlaces;
}

// Places of a row of a map, its padding included; and of a whole map.
inline size_t place_row(const ImageShape& out) {
  return round_up_to_places(static_cast<size_t>(out.width));
}
inline size_t place_map(const ImageShape& out) {
  return place_row(out) * static_cast<size_t>(out.height);
}

// Where the gradients of one filter's pooled outputs lie; strides in floats. Whole vectors are read
// past the end of a row.
struct GradientSource {
  const float* base;
  size_t column_stride;  // from a pooled place to the one on its right
  size_t row_stride;
  float scale;  // what dropout multiplied the outputs by
};

// Calls function(load), where load(tag, from) gives what lies at places side by side, as many as
// the tag has.
template <class Function>
HWY_INLINE void with_place_loader(const GradientSource& source, Function&& function) {
  switch (source.column_stride) {
    case 1:
      return function([](auto tag, const float* from)
                          SWEETSPOT_INLINE_LAMBDA { return hn::LoadU(tag, from); });
    case 2:
      return function([](auto tag, const float* from) SWEETSPOT_INLINE_LAMBDA {
        hn::Vec<decltype(tag)> even;
        hn::Vec<decltype(tag)> odd;
        hn::LoadInterleaved2(tag, from, even, odd);
        return even;
      });
    default: {
      const auto stride = static_cast<int32_t>(source.column_stride);
      return function([stride](auto tag, const float* from) SWEETSPOT_INLINE_LAMBDA {
        const hn::RebindToSigned<decltype(tag)> ints;
        return hn::GatherIndex(tag, from, hn::Mul(hn::Iota(ints, 0), hn::Set(ints, stride)));
      });
    }
  }
}

// The same with load(tag, from) giving their gradients. Few stages have a dropout to scale them.
template <class Function>
HWY_INLINE void with_gradient_loader(const GradientSource& source, Function&& function) {
  if (source.scale == 1) return with_place_loader(source, function);
  with_place_loader(source, [&](const auto& load_unscaled) SWEETSPOT_INLINE_LAMBDA {
    function([&](auto tag, const float* from) SWEETSPOT_INLINE_LAMBDA {
      return hn::Mul(load_unscaled(tag, from), hn::Set(tag, source.scale));
    });
  });
}

// The set bits of a byte, in order; where none is left, zeros. Highway's CompressStore does the
// same from a table that g++ 12 copies to the stack at each use.
struct SetBits {
  uint8_t of[256][kPlaces];

  constexpr SetBits() : of() {
    for (size_t bits = 0; bits < 256; ++bits) {
      size_t count = 0;
      for (size_t bit = 0; bit < kPlaces; ++bit) {
        if ((bits >> bit & 1U) != 0) of[bits][count++] = static_cast<uint8_t>(bit);
      }
    }
  }
};
constexpr SetBits kSetBits;

// What the lists need to know of a stage.
struct PlaceGrid {
  int width = 0;
  int height = 0;
  int column_step = 0;  // values of the lane-major input from a place's window to the next one's
  int row_step = 0;
};

// The open places of one filter, over some images of one trial.
class OpenPlaceList {
 public:
  explicit OpenPlaceList(size_t places)
      : windows_(places + kPlaces), gradients_(places + kPlaces) {}

  void clear() { count_ = 0; }

  // Adds those of one image, whose input begins `image_offset` values behind the first one's.
  // `inked`, where given, has a bit for each place of a map; places without are left out, since
  // they see nothing but zeros and their weight gradients are zero. Returns the sum of all
  // gradients, left out or not: in a fixed order, by place modulo 8, then pairwise.
  HWY_NOINLINE float add(const PlaceGrid& grid, const Origin* origins, const GradientSource& source,
                         const uint8_t* inked, int32_t image_offset) {
    float sum = 0;
    with_gradient_loader(source, [&](const auto& load_gradients) SWEETSPOT_INLINE_LAMBDA {
      sum = add_from(grid, origins, source, load_gradients, inked, image_offset);
    });
    return sum;
  }

  size_t count() const { return count_; }
  // Offset of each place's input window, in values of the input.
  const int32_t* windows() const { return windows_.data(); }
  const float* gradients() const { return gradients_.data(); }

 private:
  template <class LoadGradients>
  HWY_INLINE float add_from(const PlaceGrid& grid, const Origin* HWY_RESTRICT origins,
                            const GradientSource& source, const LoadGradients& load_gradients,
                            const uint8_t* inked, int32_t image_offset) {
    const hn::FixedTag<uint8_t, kPlaces> byte_tag;
    int32_t* HWY_RESTRICT windows = windows_.data();
    float* HWY_RESTRICT gradients = gradients_.data();
    const size_t vectors = round_up_to_places(static_cast<size_t>(grid.width)) / kPlaces;
    const size_t gradient_step = kPlaces * source.column_stride;
    const size_t row_stride = source.row_stride;
    const auto vector_step =
        hn::Set(kPlaceIntTag, static_cast<int32_t>(kPlaces) * grid.column_step);
    const auto row_step = hn::Set(kPlaceIntTag, grid.row_step);
    auto row_windows =
        hn::Add(hn::Mul(hn::Iota(kPlaceIntTag, 0), hn::Set(kPlaceIntTag, grid.column_step)),
                hn::Set(kPlaceIntTag, image_offset));
    const float* HWY_RESTRICT row = source.base;
    size_t count = count_;
    PlaceVector sums = hn::Zero(kPlaceTag);
    for (int y = grid.height; y > 0; --y) {
      auto windows_here = row_windows;
      const float* HWY_RESTRICT from = row;
      for (size_t v = vectors; v > 0; --v) {
        const auto origin = hn::PromoteTo(kPlaceIntTag, hn::Load(kPlaceOriginTag, origins));
        const auto open = hn::Gt(origin, hn::Set(kPlaceIntTag, kClosed));
        const auto window = hn::Add(origin, windows_here);
        const PlaceVector gradient = load_gradients(kPlaceTag, from);
        sums = hn::Add(sums, hn::IfThenElseZero(hn::RebindMask(kPlaceTag, open), gradient));
        uint8_t bits = 0;
        hn::StoreMaskBits(kPlaceIntTag, open, &bits);
        if (inked != nullptr) bits &= *inked++;
        const auto chosen = hn::PromoteTo(kPlaceIntTag, hn::Load(byte_tag, kSetBits.of[bits]));
        hn::StoreU(hn::TableLookupLanes(window, hn::IndicesFromVec(kPlaceIntTag, chosen)),
                   kPlaceIntTag, windows + count);
        hn::StoreU(hn::TableLookupLanes(gradient, hn::IndicesFromVec(kPlaceTag, chosen)), kPlaceTag,
                   gradients + count);
        count += hwy::PopCount(uint64_t{bits});
        origins += kPlaces;
        from += gradient_step;
        windows_here = hn::Add(windows_here, vector_step);
      }
      row += row_stride;
      row_windows = hn::Add(row_windows, row_step);
    }
    count_ = count;
    HWY_ALIGN float part[kPlaces];
    store_places(sums, part);
    return ((part[0] + part[4]) + (part[2] + part[6])) +
           ((part[1] + part[5]) + (part[3] + part[7]));
  }

  size_t count_ = 0;
  AlignedBuffer<int32_t> windows_;
  AlignedBuffer<float> gradients_;
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
