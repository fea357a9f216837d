// What the pooled places of some images of one trial ask of the gradients of a convolution's input:
// of each place and filter a gradient, and where the filter begins so that it lies right in the
// region that the place reaches. From maps, or packed; add_places is the inner loop for both, and
// adds in the same order.
#if defined(SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_REGION_POSITIONS_INL_HPP) == \
    defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_REGION_POSITIONS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_REGION_POSITIONS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_REGION_POSITIONS_INL_HPP
#endif

#include <cstring>

#include "train/kernels/shared/vector-inl.hpp"
#include "train/stages.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Maps of each filter, as OpenPlaceList has them.
struct PlaceMaps {
  const int32_t* filters;  // where the place's filter begins, floats from the trial's first
  const float* gradients;  // zero where closed
  size_t row_padding;      // values behind a row's last place
  size_t map;              // values from one filter's map to the next
  size_t filter_count;
  size_t image;  // values from one image's maps to the next one's

  HWY_INLINE void advance(size_t places) {
    filters += places;
    gradients += places;
  }
};

// Where a place's filter begins, floats from the first filter of its block.
using FilterBegin = uint16_t;

// Whole blocks of filters, [block][place][filter of the block]: one load brings where all filters
// of a place begin.
struct PackedPlaces {
  const FilterBegin* filters;
  const float* gradients;  // zero where closed
  size_t places;           // of an image
  size_t blocks;
  size_t block_floats;  // of a trial's weights, from one block of filters to the next one
  size_t image;         // values from one image's to the next one's

  static constexpr size_t row_padding = 0;

  HWY_INLINE void advance(size_t count) {
    filters += count * kChannelBlock;
    gradients += count * kChannelBlock;
  }
};

// Adds one filter of a place, multiplied by its gradient, to R rows x V vectors of a region.
template <int R, int V>
HWY_INLINE void add_filter(float gradient, const float* HWY_RESTRICT filter, size_t weights_row,
                           PlaceRow<V> (&sums)[R]) {
  unroll<R>([&](auto r) SWEETSPOT_INLINE_LAMBDA {
    sums[r].add_product(gradient, filter);
    filter += weights_row;
  });
}

// Adds what all filters of `Places` places side by side ask for, in R rows x V vectors of the
// region that the places share, in each of the images.
template <int Places, int Images, int R, int V>
HWY_INLINE void add_places(const PlaceMaps& maps, const float* HWY_RESTRICT weights,
                           size_t weights_row, PlaceRow<V> (&sums)[Images][R]) {
  const int32_t* HWY_RESTRICT filters = maps.filters;
  const float* HWY_RESTRICT gradients = maps.gradients;
  for (size_t filter = 0; filter < maps.filter_count; ++filter) {
    unroll<Places>([&](auto place) SWEETSPOT_INLINE_LAMBDA {
      unroll<Images>([&](auto image) SWEETSPOT_INLINE_LAMBDA {
        const size_t at = image * maps.image + place;
        add_filter(gradients[at], weights + filters[at], weights_row, sums[image]);
      });
    });
    filters += maps.map;
    gradients += maps.map;
  }
}

template <int Places, int Images, int R, int V>
HWY_INLINE void add_places(const PackedPlaces& packed, const float* HWY_RESTRICT weights,
                           size_t weights_row, PlaceRow<V> (&sums)[Images][R]) {
  static_assert(kChannelBlock * sizeof(FilterBegin) == sizeof(uint64_t));
  const FilterBegin* HWY_RESTRICT filters = packed.filters;
  const float* HWY_RESTRICT gradients = packed.gradients;
  for (size_t block = packed.blocks;;) {
    uint64_t begins[Images][Places];
    unroll<Images>([&](auto image) SWEETSPOT_INLINE_LAMBDA {
      unroll<Places>([&](auto place) SWEETSPOT_INLINE_LAMBDA {
        uint64_t& begin = begins[image][place];
        std::memcpy(&begin, filters + image * packed.image + place * kChannelBlock, sizeof(begin));
        keep_in_register(begin);
      });
    });
    unroll<kChannelBlock>([&](auto filter) SWEETSPOT_INLINE_LAMBDA {
      unroll<Places>([&](auto place) SWEETSPOT_INLINE_LAMBDA {
        unroll<Images>([&](auto image) SWEETSPOT_INLINE_LAMBDA {
          uint64_t& begin = begins[image][place];
          add_filter(gradients[image * packed.image + place * kChannelBlock + filter],
                     weights + static_cast<FilterBegin>(begin), weights_row, sums[image]);
          begin >>= 8 * sizeof(FilterBegin);
        });
      });
    });
    if (--block == 0) break;
    filters += packed.places * kChannelBlock;
    gradients += packed.places * kChannelBlock;
    weights += packed.block_floats;
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
