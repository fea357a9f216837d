// Kernels of input gradients. A pooled place reaches a region of kernel + pool - 1 rows and columns
// of the input, wherever in its window its value came from. So a part of a region (a tile) is held
// in registers while the filters of all places that share it are added, each from where its place's
// origin puts it: stores, of which the processor has one a cycle, are then few.
#if defined(SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_REGION_KERNELS_INL_HPP) == \
    defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_REGION_KERNELS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_REGION_KERNELS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_REGION_KERNELS_INL_HPP
#endif

#include <algorithm>

#include "train/kernels/input_gradients/region_positions-inl.hpp"
#include "train/kernels/shared/tile_shapes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// The places of an image, and where their regions lie in the gradients of its input.
struct RegionGrid {
  size_t height;  // places
  size_t width;
  const size_t* bases;  // where each region of a row of places begins, floats
  size_t stride;        // floats of the input gradients' rows
  size_t row_step;      // floats from a row of places to the next one
  size_t image;         // floats from one image's gradients to the next one's
};

// function(image, row of the region, its number) for all of these, at `region` in the first image.
template <int Images, int R, class Function>
HWY_INLINE void for_each_region_row(const RegionGrid& grid, float* HWY_RESTRICT region,
                                    const Function& function) {
  unroll<Images>([&](auto image) SWEETSPOT_INLINE_LAMBDA {
    float* HWY_RESTRICT row = region + image * grid.image;
    unroll<R>([&](auto r) SWEETSPOT_INLINE_LAMBDA {
      function(image, r, row);
      row += grid.stride;
    });
  });
}

// What add_places does for the next region of a row with `left` places more, and goes on to what is
// behind it: the last region may have one place where others have two.
template <int Places, class Source, int Images, int R, int V>
HWY_INLINE void add_region(Source& source, size_t& left, const float* weights, size_t weights_row,
                           PlaceRow<V> (&sums)[Images][R]) {
  if constexpr (Places == 2) {
    if (left == 1) {
      add_places<1>(source, weights, weights_row, sums);
      source.advance(1);
      left = 0;
      return;
    }
  }
  add_places<Places>(source, weights, weights_row, sums);
  source.advance(Places);
  left -= Places;
}

// Adds to R rows x V vectors of each region.
template <int R, int V, int Places, int Images, class Source>
HWY_NOINLINE void add_regions(const Source& places, const RegionGrid& area,
                              const float* HWY_RESTRICT weights, size_t weights_row,
                              float* HWY_RESTRICT gradients) {
  Source source = places;
  const RegionGrid grid = area;
  for (size_t y = 0; y < grid.height; ++y) {
    const size_t* HWY_RESTRICT base = grid.bases;
    for (size_t left = grid.width; left > 0;) {
      float* HWY_RESTRICT here = gradients + *base++;
      PlaceRow<V> sums[Images][R];
      for_each_region_row<Images, R>(grid, here,
                                     [&](auto image, auto r, const float* from)
                                         SWEETSPOT_INLINE_LAMBDA { sums[image][r].load(from); });
      add_region<Places>(source, left, weights, weights_row, sums);
      for_each_region_row<Images, R>(grid, here,
                                     [&](auto image, auto r, float* to)
                                         SWEETSPOT_INLINE_LAMBDA { sums[image][r].store(to); });
    }
    source.advance(source.row_padding);
    gradients += grid.row_step;
  }
}

// How many rows further down the regions of the next row of places lie, where they slide.
constexpr int kSlidingStep = 2;

// The same where a region is one of the target's vectors, and each lies one vector of places behind
// the one before: what two share stays in its register. Stored and loaded again, it would wait for
// the store: a load that takes in parts of two stores does. R is all rows of a region: so the last
// ones have no sums yet, and nobody needs to set them to zero.
template <int R, int Places, int Images, class Source, class Tag = LaneTag>
HWY_NOINLINE void add_sliding_regions(const Source& places, const RegionGrid& area,
                                      const float* HWY_RESTRICT weights, size_t weights_row,
                                      float* HWY_RESTRICT gradients) {
  constexpr int V = static_cast<int>(kLanes / kPlaces);
  constexpr int kBegun = R - kSlidingStep;  // rows that the row of places above has reached
  Source source = places;
  const RegionGrid grid = area;
  PlaceRow<V> sums[Images][R];
  for (int image = 0; image < Images; ++image) {
    std::fill_n(gradients + image * grid.image, kBegun * grid.stride, 0.0F);
  }
  for (size_t y = 0; y < grid.height; ++y) {
    for_each_region_row<Images, R>(
        grid, gradients, [&](auto image, auto r, const float* from) SWEETSPOT_INLINE_LAMBDA {
          if constexpr (r < kBegun) {
            sums[image][r].load(from);
          } else {
            sums[image][r].wide[0] = hn::Zero(Tag());
          }
        });
    float* HWY_RESTRICT here = gradients;
    for (size_t left = grid.width;;) {
      add_region<Places>(source, left, weights, weights_row, sums);
      if (left == 0) break;
      for_each_region_row<Images, R>(
          grid, here, [&](auto image, auto r, float* row) SWEETSPOT_INLINE_LAMBDA {
            auto& sum = sums[image][r].wide[0];
            store_places(hn::LowerHalf(kPlaceTag, sum), row);
            if constexpr (r < kBegun) {
              const auto behind = hn::ZeroExtendVector(Tag(), load_places(row + kLanes));
              sum = hn::ConcatLowerUpper(Tag(), behind, sum);
            } else {
              sum = hn::ZeroExtendVector(Tag(), hn::UpperHalf(kPlaceTag, sum));
            }
          });
      here += kPlaces;
    }
    for_each_region_row<Images, R>(grid, here,
                                   [&](auto image, auto r, float* to)
                                       SWEETSPOT_INLINE_LAMBDA { sums[image][r].store(to); });
    source.advance(source.row_padding);
    gradients += grid.row_step;
  }
}

// The same on every target: in which order a place's sums are added to depends on the tiles.
constexpr int kRegionSums = 12;
constexpr int kMaxRegionRows = 6;

// Images whose regions are held at once: each sum's multiply-adds wait for one another, those of
// another image fill the time.
constexpr size_t kRegionImages = kHas32Registers ? 2 : 1;

template <class Source>
using RegionKernel = void (*)(const Source&, const RegionGrid&, const float*, size_t, float*);

// For one image, and for as many as are held at once.
template <class Source>
struct RegionKernels {
  RegionKernel<Source> one = nullptr;
  RegionKernel<Source> all = nullptr;
};

// For tiles of some rows x vectors of a region that `Places` places share.
template <int Places>
RegionKernels<PlaceMaps> region_kernels(int rows, int vectors) {
  RegionKernels<PlaceMaps> kernels;
  with_tile_shape<kMaxRegionRows, kRegionSums>(rows, vectors, [&]<int R, int V>() {
    kernels = {add_regions<R, V, Places, 1, PlaceMaps>,
               add_regions<R, V, Places, kRegionImages, PlaceMaps>};
  });
  return kernels;
}

// For whole regions that slide.
template <int Places, class Source>
RegionKernels<Source> sliding_region_kernels(int rows) {
  RegionKernels<Source> kernels;
  if constexpr (kLanes == 2 * kPlaces) {
    with_tile_shape<kMaxRegionRows, kMaxRegionRows>(rows, 1, [&]<int R, int>() {
      if constexpr (R > kSlidingStep) {
        kernels = {add_sliding_regions<R, Places, 1, Source>,
                   add_sliding_regions<R, Places, kRegionImages, Source>};
      }
    });
  }
  return kernels;
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
