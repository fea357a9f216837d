// Input gradients of a convolution stage for some images of one trial. A pooled place reaches a
// region of kernel + pool - 1 rows and columns of the input, wherever in its window its value came
// from. So a part of a region (a tile) is held in registers while the filters of all places that
// share it are added, each from where its place's origin puts it: stores, of which the processor
// has one a cycle, are then few.
//
// For that a filter is kept with pool - 1 rows of zeros above and below, with vectors of zeros on
// its left and right, and in a copy for each place within a vector that its rows may start at.
#if defined(SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_INL_HPP
#endif

#include <algorithm>
#include <span>
#include <vector>

#include "train/kernels/open_places-inl.hpp"
#include "train/kernels/tile_shapes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// What the places of some images of one trial ask for: maps of each filter.
struct RegionMaps {
  const int32_t* filters;  // where the place's filter begins, floats from the trial's first
  const float* gradients;  // zero where closed
  size_t map;              // values from one filter's map to the next
  size_t filter_count;
  size_t image;  // values from one image's maps to the next one's
};

// Adds what all filters of `Places` places side by side ask for, in R rows x V vectors of the
// region that the places share, in each of the images; `first` is the first place's index in a map.
template <int Places, int Images, int R, int V>
HWY_INLINE void add_places(const RegionMaps& maps, size_t first, const float* HWY_RESTRICT weights,
                           size_t weights_row, PlaceRow<V> (&sums)[Images][R]) {
  const int32_t* HWY_RESTRICT filters = maps.filters + first;
  const float* HWY_RESTRICT gradients = maps.gradients + first;
  for (size_t filter = 0; filter < maps.filter_count; ++filter) {
    unroll<Places>([&](auto place) SWEETSPOT_INLINE_LAMBDA {
      unroll<Images>([&](auto image) SWEETSPOT_INLINE_LAMBDA {
        const float gradient = gradients[image * maps.image + place];
        const float* HWY_RESTRICT row = weights + filters[image * maps.image + place];
        unroll<R>([&](auto r) SWEETSPOT_INLINE_LAMBDA {
          sums[image][r].add_product(gradient, row);
          row += weights_row;
        });
      });
    });
    filters += maps.map;
    gradients += maps.map;
  }
}

// The regions of a row of places.
struct RegionRow {
  const size_t* bases;  // where each begins, floats
  size_t count;
  bool last_is_half;  // the last one has one place where others have two
  size_t stride;      // floats of the input gradients' rows
  size_t image;       // floats from one image's to the next one's
};

// What add_places does for one of the row's regions.
template <int Places, int Images, int R, int V>
HWY_INLINE void add_places_of(const RegionRow& row, size_t group, const RegionMaps& maps,
                              size_t first, const float* weights, size_t weights_row,
                              PlaceRow<V> (&sums)[Images][R]) {
  if constexpr (Places == 2) {
    if (row.last_is_half && group + 1 == row.count) {
      return add_places<1>(maps, first + group * Places, weights, weights_row, sums);
    }
  }
  add_places<Places>(maps, first + group * Places, weights, weights_row, sums);
}

// function(image, row of the region, its number) for all of these, at `region` in the first image.
template <int Images, int R, class Function>
HWY_INLINE void for_each_region_row(const RegionRow& row, float* HWY_RESTRICT region,
                                    const Function& function) {
  unroll<Images>([&](auto image) SWEETSPOT_INLINE_LAMBDA {
    unroll<R>([&](auto r) SWEETSPOT_INLINE_LAMBDA {
      function(image, r, region + image * row.image + r * row.stride);
    });
  });
}

// Adds to R rows x V vectors of each of them; `first` is the row's first place in a map.
template <int R, int V, int Places, int Images>
HWY_NOINLINE void add_regions(const RegionMaps& maps, size_t first, const RegionRow& row,
                              const float* HWY_RESTRICT weights, size_t weights_row,
                              float* HWY_RESTRICT gradients) {
  for (size_t group = 0; group < row.count; ++group) {
    float* HWY_RESTRICT region = gradients + row.bases[group];
    PlaceRow<V> sums[Images][R];
    for_each_region_row<Images, R>(row, region,
                                   [&](auto image, auto r, const float* from)
                                       SWEETSPOT_INLINE_LAMBDA { sums[image][r].load(from); });
    add_places_of<Places>(row, group, maps, first, weights, weights_row, sums);
    for_each_region_row<Images, R>(row, region,
                                   [&](auto image, auto r, float* to)
                                       SWEETSPOT_INLINE_LAMBDA { sums[image][r].store(to); });
  }
}

// The same where a region is one of the target's vectors, and each lies one vector of places behind
// the one before: what two share stays in its register. Stored and loaded again, it would wait for
// the store: a load that takes in parts of two stores does.
template <int R, int Places, int Images, class Tag = LaneTag>
HWY_NOINLINE void add_sliding_regions(const RegionMaps& maps, size_t first, const RegionRow& row,
                                      const float* HWY_RESTRICT weights, size_t weights_row,
                                      float* HWY_RESTRICT gradients) {
  constexpr int V = static_cast<int>(kLanes / kPlaces);
  PlaceRow<V> sums[Images][R];
  for_each_region_row<Images, R>(row, gradients,
                                 [&](auto image, auto r, const float* from)
                                     SWEETSPOT_INLINE_LAMBDA { sums[image][r].load(from); });
  for (size_t group = 0;; ++group) {
    add_places_of<Places>(row, group, maps, first, weights, weights_row, sums);
    if (group + 1 == row.count) break;
    for_each_region_row<Images, R>(
        row, gradients, [&](auto image, auto r, float* here) SWEETSPOT_INLINE_LAMBDA {
          auto& sum = sums[image][r].wide[0];
          store_places(hn::LowerHalf(kPlaceTag, sum), here);
          const auto behind = hn::ZeroExtendVector(Tag(), load_places(here + kLanes));
          sum = hn::ConcatLowerUpper(Tag(), behind, sum);
        });
    gradients += kPlaces;
  }
  for_each_region_row<Images, R>(row, gradients,
                                 [&](auto image, auto r, float* to)
                                     SWEETSPOT_INLINE_LAMBDA { sums[image][r].store(to); });
}

using RegionKernel = void (*)(const RegionMaps&, size_t, const RegionRow&, const float*, size_t,
                              float*);
// The same on every target: in which order a place's sums are added to depends on the tiles.
constexpr int kRegionSums = 12;
constexpr int kMaxRegionRows = 6;

template <int Places, int Images>
RegionKernel region_kernel(int rows, int vectors, bool slides) {
  RegionKernel kernel = nullptr;
  with_tile_shape<kMaxRegionRows, kRegionSums>(rows, vectors, [&]<int R, int V>() {
    kernel = add_regions<R, V, Places, Images>;
    if constexpr (V == 2 && kLanes == 2 * kPlaces) {
      if (slides) kernel = add_sliding_regions<R, Places, Images>;
    }
  });
  return kernel;
}

// Images whose regions are held at once: each sum's multiply-adds wait for one another, those of
// another image fill the time.
constexpr size_t kRegionImages = kHas32Registers ? 2 : 1;

// Kernels of an area for one image, and for as many as are held at once.
struct RegionKernels {
  RegionKernel one;
  RegionKernel all;
};

template <int Places>
RegionKernels region_kernels(int rows, int vectors, bool slides) {
  return {region_kernel<Places, 1>(rows, vectors, slides),
          region_kernel<Places, kRegionImages>(rows, vectors, slides)};
}

class InputGradientPlan {
 public:
  InputGradientPlan(const ConvStage& s, size_t lane_input_row)
      : stage_(s), input_row_(lane_input_row), map_(place_map(s.out)) {
    const auto channels = static_cast<size_t>(s.in.channels);
    const auto width = static_cast<size_t>(s.out.width);
    const auto pool = static_cast<size_t>(s.pool);
    while (move_shift_ < 3 && channels % (size_t{2} << move_shift_) == 0) ++move_shift_;
    copies_ = kPlaces >> move_shift_;
    // Few channels: two places side by side, so that a region is worth its registers.
    together_ = channels <= 2 ? 2 : 1;
    starts_ = AlignedBuffer<int32_t>(place_row(s.out) + kPlaces);
    size_t farthest = 0;
    for (size_t x = 0; x < width; ++x) {
      const size_t base = pool * (x / together_ * together_) * channels / kPlaces * kPlaces;
      if (x % together_ == 0) bases_.push_back(base);
      starts_[x] = static_cast<int32_t>(pool * x * channels - base);
      farthest = std::max(farthest, pool * x * channels - base + (pool - 1) * channels);
    }
    std::copy_n(starts_.data(), kPlaces, starts_.data() + place_row(s.out));
    left_ = farthest / kPlaces * kPlaces;
    const size_t farthest_copy = kPlaces - (size_t{1} << move_shift_);
    const size_t region =
        round_up_to_places(std::max(farthest, farthest_copy) + channels * s.kernel);
    row_ = left_ + region;
    copy_floats_ = row_ * (s.kernel + 2 * (pool - 1));
    make_tiles(s.kernel + s.pool - 1, static_cast<int>(region / kPlaces));
    filters_ = AlignedBuffer<int32_t>(kImagesTogether * map_ * s.filters);
    gradients_ = AlignedBuffer<float>(kImagesTogether * map_ * s.filters);
  }

  // Of one trial's weights as run() reads them: [filter][copy][row][left zeros, kx and channel].
  size_t weights_floats() const { return copy_floats_ * copies_ * stage_.filters; }

  // Calls function(place) for each copy of the weight at `in_row` (kx and channel) of a row.
  template <class Function>
  void for_each_copy(size_t filter, size_t ky, size_t in_row, Function&& function) const {
    for (size_t copy = 0; copy < copies_; ++copy) {
      function((filter * copies_ + copy) * copy_floats_ + (ky + stage_.pool - 1) * row_ + left_ +
               (copy << move_shift_) + in_row);
    }
  }

  // Floats behind the end of a padded input that a region may reach, and that the reader of its
  // gradients may.
  size_t past_end() const { return row_ + kPlaces * stage_.in.channels; }

  // Where in its pooling window a place's value came from.
  struct WindowPlace {
    int column = 0;
    int row = 0;
  };

  // Where the filter of a place in column x begins, floats from the trial's first, so that it lies
  // right in the region: what find_filters_of finds for many places.
  int32_t filter_begin(size_t filter, size_t x, const WindowPlace& window) const {
    const size_t start = starts_[x] + static_cast<size_t>(window.column) * stage_.in.channels;
    const size_t move = start % kPlaces;
    // A move within a vector is a multiple of 2^move_shift floats.
    const size_t copy = move * (copy_floats_ >> move_shift_);
    const auto rows = static_cast<size_t>(stage_.pool - 1 - window.row);
    return static_cast<int32_t>(filter * copies_ * copy_floats_ + rows * row_ + left_ + copy) -
           static_cast<int32_t>(start - move);
  }

  // origins: of each image, a map for each filter; source_of(filter, image) gives its
  // GradientSource; input_gradients: lane-major and padded, an image's `floats` with what is past
  // the end, set to zero here.
  template <class SourceOf>
  HWY_INLINE void run(std::span<const Origin* const> origins, const SourceOf& source_of,
                      const float* weights, float* input_gradients, size_t floats) {
    const size_t image_maps = map_ * stage_.filters;
    for (size_t image = 0; image < origins.size(); ++image) {
      for (int filter = 0; filter < stage_.filters; ++filter) {
        find_filters(filter, origins[image] + map_ * filter, source_of(filter, image),
                     image * image_maps + map_ * filter);
      }
    }
    add_filters(origins.size(), filters_.data(), gradients_.data(), weights, input_gradients,
                floats);
  }

  // The same for `images` whose filters are known, with their gradients, zero where closed:
  // [image][filter][map].
  HWY_INLINE void add_filters(size_t images, const int32_t* filters, const float* gradients,
                              const float* weights, float* input_gradients, size_t floats) const {
    const size_t image_maps = map_ * stage_.filters;
    std::fill_n(input_gradients, images * floats, 0.0F);
    const RegionRow regions = {bases_.data(), bases_.size(), stage_.out.width % together_ > 0,
                               input_row_, floats};
    for (size_t image = 0; image < images;) {
      const bool all = images - image >= kRegionImages;
      const RegionMaps maps = {filters + image * image_maps, gradients + image * image_maps, map_,
                               static_cast<size_t>(stage_.filters), image_maps};
      add_tiles(all, maps, regions, weights, input_gradients + image * floats);
      image += all ? kRegionImages : 1;
    }
  }

 private:
  struct Tile {
    RegionKernels kernels;
    size_t region_offset;
    size_t weights_offset;
  };

  HWY_INLINE void add_tiles(bool all_images, const RegionMaps& maps, const RegionRow& regions,
                            const float* weights, float* input_gradients) const {
    for (const Tile& tile : tiles_) {
      const RegionKernel kernel = all_images ? tile.kernels.all : tile.kernels.one;
      for (size_t y = 0; y < static_cast<size_t>(stage_.out.height); ++y) {
        kernel(maps, y * place_row(stage_.out), regions, weights + tile.weights_offset, row_,
               input_gradients + stage_.pool * y * input_row_ + tile.region_offset);
      }
    }
  }

  void make_tiles(int rows, int row_vectors) {
    const bool slides = stage_.pool * together_ * stage_.in.channels == kPlaces;
    for_each_tile(rows, row_vectors, kMaxRegionRows, kRegionSums, [&](const AreaTile& tile) {
      const size_t along = static_cast<size_t>(tile.vector) * kPlaces;
      tiles_.push_back({together_ == 2 ? region_kernels<2>(tile.rows, tile.vectors, slides)
                                       : region_kernels<1>(tile.rows, tile.vectors, slides),
                        tile.row * input_row_ + along, tile.row * row_ + along});
    });
  }

  // For each place of a filter: its gradient, and where its filter begins so that it lies right in
  // the region. `map`: where they go in the maps.
  HWY_NOINLINE void find_filters(int filter, const Origin* HWY_RESTRICT origins,
                                 const GradientSource& source, size_t map) {
    const auto height = static_cast<size_t>(stage_.out.height);
    const size_t row = place_row(stage_.out);
    with_gradient_loader(source, [&](const auto& load_gradients) SWEETSPOT_INLINE_LAMBDA {
      size_t y = 0;
      // Two rows of eight places are one vector, where it is long enough.
      const bool lie_together =
          row == kPlaces && source.column_stride == 1 && source.row_stride == row;
      if (kLanes == 2 * kPlaces && lie_together) {
        for (; y + 2 <= height; y += 2) {
          find_filters_of(filter, origins, map + y * row, starts_.data(),
                          load_gradients(kLaneTag, source.base + y * row));
          origins += kLanes;
        }
      }
      for (; y < height; ++y) {
        const float* HWY_RESTRICT from = source.base + y * source.row_stride;
        for (size_t x = 0; x < row; x += kPlaces) {
          find_filters_of(filter, origins, map + y * row + x, starts_.data() + x,
                          load_gradients(kPlaceTag, from + x * source.column_stride));
          origins += kPlaces;
        }
      }
    });
  }

  // Of as many places as a vector of gradients has; `to`: where they go in the maps.
  template <class Vector>
  HWY_INLINE void find_filters_of(int filter, const Origin* HWY_RESTRICT origins, size_t to,
                                  const int32_t* HWY_RESTRICT starts, Vector gradient) {
    const hn::DFromV<Vector> tag;
    const hn::RebindToSigned<decltype(tag)> ints;
    const hn::Rebind<Origin, decltype(tag)> origin_tag;
    const int pool = stage_.pool;
    const auto set = [&](size_t value) SWEETSPOT_INLINE_LAMBDA {
      return hn::Set(ints, static_cast<int32_t>(value));
    };
    const auto origin = hn::PromoteTo(ints, hn::LoadU(origin_tag, origins));
    const auto open = hn::Gt(origin, hn::Set(ints, kClosed));
    // Of a place in column 0 of the window's top row.
    auto row_start = set(static_cast<size_t>(filter) * copies_ * copy_floats_ + left_ +
                         static_cast<size_t>(pool - 1) * row_);
    auto right = hn::Max(origin, hn::Zero(ints));
    for (int lower = 1; lower < pool; ++lower) {
      const auto is_lower = hn::Not(hn::Gt(set(input_row_), right));
      row_start = hn::Sub(row_start, hn::IfThenElseZero(is_lower, set(row_)));
      right = hn::Sub(right, hn::IfThenElseZero(is_lower, set(input_row_)));
    }
    const auto start = hn::Add(right, hn::Load(ints, starts));
    const auto move = hn::And(start, set(kPlaces - 1));
    // A move within a vector is a multiple of 2^move_shift floats.
    const auto copy = hn::Mul(move, set(copy_floats_ >> move_shift_));
    hn::StoreU(hn::Add(hn::Sub(row_start, hn::Sub(start, move)), copy), ints, filters_.data() + to);
    hn::StoreU(hn::IfThenElseZero(hn::RebindMask(tag, open), gradient), tag,
               gradients_.data() + to);
  }

  ConvStage stage_;
  size_t input_row_;
  size_t map_;
  unsigned move_shift_ = 0;
  size_t copies_ = 0;
  size_t together_ = 0;
  size_t left_ = 0;  // floats of zeros before a filter's rows
  size_t row_ = 0;   // floats of a row of a copy
  size_t copy_floats_ = 0;
  std::vector<size_t> bases_;  // of the regions of a row of places, floats
  // Of each place's top left window in its region, floats; the first eight once more, for the row
  // behind.
  AlignedBuffer<int32_t> starts_;
  std::vector<Tile> tiles_;
  AlignedBuffer<int32_t> filters_;  // [image][filter][map], as are the gradients
  AlignedBuffer<float> gradients_;
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
