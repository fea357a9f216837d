// Input gradients of a convolution stage for some images of one trial, by
// input_gradients/region_kernels-inl.hpp. For these a filter is kept with pool - 1 rows of zeros
// above and below, with vectors of zeros on its left and right, and in a copy for each place within
// a vector that its rows may start at.
#if defined(SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_INPUT_GRADIENTS_INL_HPP) == \
    defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_INPUT_GRADIENTS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_INPUT_GRADIENTS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_INPUT_GRADIENTS_INL_HPP
#endif

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

#include "train/kernels/input_gradients/region_kernels-inl.hpp"
#include "train/kernels/shared/nonzero_gradients-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

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
    find_kernels(s.kernel + s.pool - 1, static_cast<int>(region / kPlaces));
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

  // Whether run_packed() can be used: regions slide, blocks of filters are whole, and theirs lie
  // near enough together.
  bool packs() const {
    return packed_.all != nullptr && stage_.filters % kChannelBlock == 0 &&
           kChannelBlock * filter_floats() <= kMostPackedFloats;
  }

  // origins: of each image, a map for each filter; source_of(filter, image) gives its
  // GradientSource; input_gradients: lane-major and padded, an image's `floats` with what is past
  // the end. What no region reaches must be zero, and stays so.
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
    const PlaceMaps maps = {
        .filters = filters_.data(),
        .gradients = gradients_.data(),
        .row_padding = place_row(stage_.out) - stage_.out.width,
        .map = map_,
        .filter_count = static_cast<size_t>(stage_.filters),
        .image = image_maps,
    };
    if (slides())
      return add_images(sliding_, origins.size(), maps, weights, input_gradients, floats);
    std::fill_n(input_gradients, origins.size() * floats, 0.0F);
    for (const Tile& tile : tiles_) {
      add_images(tile.kernels, origins.size(), maps, weights + tile.weights_offset,
                 input_gradients + tile.region_offset, floats);
    }
  }

  // The same for images whose places are packed, each image's behind the one before.
  HWY_INLINE void run_packed(size_t images, const FilterBegin* filters, const float* gradients,
                             size_t image, const float* weights, float* input_gradients,
                             size_t floats) const {
    const PackedPlaces places = {
        .filters = filters,
        .gradients = gradients,
        .places = static_cast<size_t>(stage_.out.width) * stage_.out.height,
        .blocks = static_cast<size_t>(stage_.filters / kChannelBlock),
        .block_floats = kChannelBlock * filter_floats(),
        .image = image,
    };
    add_images(packed_, images, places, weights, input_gradients, floats);
  }

 private:
  // A part of the regions' area.
  struct Tile {
    RegionKernels<PlaceMaps> kernels;
    size_t region_offset;
    size_t weights_offset;
  };

  static constexpr size_t kMostPackedFloats = std::numeric_limits<FilterBegin>::max();

  size_t filter_floats() const { return copy_floats_ * copies_; }
  bool slides() const { return sliding_.all != nullptr; }

  template <class Source>
  HWY_INLINE void add_images(const RegionKernels<Source>& kernels, size_t images, Source places,
                             const float* weights, float* input_gradients, size_t floats) const {
    const RegionGrid grid = {
        .height = static_cast<size_t>(stage_.out.height),
        .width = static_cast<size_t>(stage_.out.width),
        .bases = bases_.data(),
        .stride = input_row_,
        .row_step = stage_.pool * input_row_,
        .image = floats,
    };
    for (size_t image = 0; image < images;) {
      const bool all = images - image >= kRegionImages;
      (all ? kernels.all : kernels.one)(places, grid, weights, row_,
                                        input_gradients + image * floats);
      const size_t done = all ? kRegionImages : 1;
      places.filters += done * places.image;
      places.gradients += done * places.image;
      image += done;
    }
  }

  void find_kernels(int rows, int row_vectors) {
    // A region that reached into the next row would undo what another has added there.
    if (stage_.pool == kSlidingStep && row_vectors * kPlaces == kLanes &&
        stage_.pool * together_ * stage_.in.channels == kPlaces &&
        bases_.back() + kLanes <= input_row_) {
      sliding_ = together_ == 2 ? sliding_region_kernels<2, PlaceMaps>(rows)
                                : sliding_region_kernels<1, PlaceMaps>(rows);
      packed_ = together_ == 2 ? sliding_region_kernels<2, PackedPlaces>(rows)
                               : sliding_region_kernels<1, PackedPlaces>(rows);
    }
    if (slides()) return;
    for_each_tile(rows, row_vectors, kMaxRegionRows, kRegionSums, [&](const AreaTile& tile) {
      const size_t along = static_cast<size_t>(tile.vector) * kPlaces;
      tiles_.push_back({together_ == 2 ? region_kernels<2>(tile.rows, tile.vectors)
                                       : region_kernels<1>(tile.rows, tile.vectors),
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
  RegionKernels<PlaceMaps> sliding_;  // where regions slide
  RegionKernels<PackedPlaces> packed_;
  std::vector<Tile> tiles_;         // where not
  AlignedBuffer<int32_t> filters_;  // [image][filter][map], as are the gradients
  AlignedBuffer<float> gradients_;
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
