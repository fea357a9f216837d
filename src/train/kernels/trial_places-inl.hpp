// What the backward pass reads of the last stage's pooled places, from all lanes together to trial
// by trial: the gradients of the outputs; and for a stage whose weight gradients take all lanes
// together, which leaves no origins with the trials, where each place's filter begins for its input
// gradients.
#if defined(SWEETSPOT_TRAIN_KERNELS_TRIAL_PLACES_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_TRIAL_PLACES_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_TRIAL_PLACES_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_TRIAL_PLACES_INL_HPP
#endif

#include <algorithm>

#include "base/aligned_buffer.hpp"
#include "train/kernels/input_gradients-inl.hpp"
#include "train/kernels/vertical_weight_gradients-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Maps are [lane][image][filter][place map]; what comes in is
// [block of filters][y][x][filter][lane].
class TrialPlaces {
 public:
  TrialPlaces() = default;
  TrialPlaces(const ConvStage& s, size_t images_at_once)
      : out_(s.out),
        map_(place_map(s.out)),
        lane_maps_(images_at_once * image_maps()),
        gradients_(kLanes * lane_maps_) {}

  // For the filters' places too, of a stage whose weight gradients go vertically.
  TrialPlaces(const ConvStage& s, size_t images_at_once, const InputGradientPlan& plan,
              size_t lane_row)
      : TrialPlaces(s, images_at_once) {
    right_ = static_cast<Origin>(s.in.channels);
    down_ = static_cast<Origin>(lane_row);
    filter_step_ = plan.filter_begin(1, 0, {}) - plan.filter_begin(0, 0, {});
    row_step_ = static_cast<Origin>(plan.filter_begin(0, 0, {}) -
                                    plan.filter_begin(0, 0, {.column = 0, .row = 1}));
    const auto width = static_cast<size_t>(s.out.width);
    begin_left_ = AlignedBuffer<Origin>(width);
    begin_right_ = AlignedBuffer<Origin>(width);
    for (size_t x = 0; x < width; ++x) {
      begin_left_[x] = static_cast<Origin>(plan.filter_begin(0, x, {}));
      begin_right_[x] = static_cast<Origin>(plan.filter_begin(0, x, {.column = 1, .row = 0}));
    }
    filters_ = AlignedBuffer<int32_t>(gradients_.size());
  }

  // Values of one image of one lane.
  size_t image_maps() const { return map_ * static_cast<size_t>(out_.channels); }
  const float* gradients(size_t lane, size_t image) const {
    return gradients_.data() + at(lane, image);
  }
  // As InputGradientPlan has them.
  const int32_t* filters(size_t lane, size_t image) const {
    return filters_.data() + at(lane, image);
  }

  // The gradients of one image's outputs.
  void spread(const float* gradients, size_t image) {
    for_each_part([&](const Part& part) HWY_ATTR {
      for (size_t filter = 0; filter < part.filters; ++filter) {
        spread_gradients(part, filter, image, [&](size_t place) SWEETSPOT_INLINE_LAMBDA {
          return load(gradients + place);
        });
      }
    });
  }

  // The same, and where the filters begin. Gradients are multiplied by `scale`, by which a dropout
  // had multiplied the outputs, and those of closed places become zero.
  void spread_with_filters(const float* gradients, float scale, const Origin* origins,
                           size_t image) {
    const hn::FixedTag<Origin, kLanes> origin_tag;
    for_each_part([&](const Part& part) HWY_ATTR {
      for (size_t filter = 0; filter < part.filters; ++filter) {
        spread_gradients(part, filter, image, [&](size_t place) SWEETSPOT_INLINE_LAMBDA {
          const auto origin = hn::PromoteTo(kLaneIntTag, hn::Load(origin_tag, origins + place));
          return open_gradient(gradients + place, scale, origin);
        });
      }
      size_t filter = 0;
      for (; filter + 2 <= part.filters; filter += 2) {
        spread_filters<2>(part, filter, image, origins);
      }
      if (filter < part.filters) spread_filters<1>(part, filter, image, origins);
    });
  }

  double bytes() const { return 4.0 * static_cast<double>(gradients_.size() + filters_.size()); }

 private:
  size_t at(size_t lane, size_t image) const { return lane * lane_maps_ + image * image_maps(); }

  // Up to eight places side by side, of a block of filters.
  struct Part {
    size_t from;    // where the first filter's first place lies
    size_t stride;  // from a place to the next one
    size_t x;
    size_t places;
    size_t first_filter;
    size_t filters;
    size_t to;  // in the maps of an image
  };

  template <class Function>
  HWY_INLINE void for_each_part(const Function& function) const {
    const auto width = static_cast<size_t>(out_.width);
    size_t from = 0;
    for (int block = 0; block < channel_blocks(out_.channels); ++block) {
      const auto first_filter = static_cast<size_t>(block) * kChannelBlock;
      const auto filters = static_cast<size_t>(block_size(out_.channels, block));
      const size_t stride = filters * kLanes;
      size_t to = first_filter * map_;
      for (int y = 0; y < out_.height; ++y) {
        for (size_t x = 0; x < width; x += kPlaces) {
          function(Part{from + x * stride, stride, x, std::min(width - x, kPlaces), first_filter,
                        filters, to});
          to += kPlaces;
        }
        from += width * stride;
      }
    }
  }

  // Of one filter of the part. load_place(index) gives a place's; behind the last place it is asked
  // for again.
  template <class Load>
  HWY_INLINE void spread_gradients(const Part& part, size_t filter, size_t image,
                                   const Load& load_place) {
    LaneVector of_lanes[kPlaces];
    unroll<kPlaces>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
      const size_t place = std::min<size_t>(i, part.places - 1);
      of_lanes[i] = load_place(part.from + place * part.stride + filter * kLanes);
    });
    float* HWY_RESTRICT to = gradients_.data() + at(0, image) + part.to + filter * map_;
    unroll<kLanes / kPlaces>([&](auto half) SWEETSPOT_INLINE_LAMBDA {
      PlaceVector rows[kPlaces];
      unroll<kPlaces>([&](auto i)
                          SWEETSPOT_INLINE_LAMBDA { rows[i] = places_of<half>(of_lanes[i]); });
      transpose(rows);
      unroll<kPlaces>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
        store_places(rows[i], to + (half * kPlaces + i) * lane_maps_);
      });
    });
  }

  // Of F filters of the part, from `filter` on.
  template <int F>
  HWY_INLINE void spread_filters(const Part& part, size_t filter, size_t image,
                                 const Origin* HWY_RESTRICT origins) {
    using Tag = hn::FixedTag<Origin, F * kLanes>;
    constexpr Tag tag;
    const WindowColumns columns(tag, right_, down_);
    const auto row_step = hn::Set(tag, row_step_);
    hn::Vec<Tag> begins[kPlaces];
    unroll<kPlaces>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
      const size_t place = std::min<size_t>(i, part.places - 1);
      const auto origin =
          hn::LoadU(tag, origins + part.from + place * part.stride + filter * kLanes);
      const auto in_row =
          hn::IfThenElse(columns.is_right(origin), hn::Set(tag, begin_right_[part.x + place]),
                         hn::Set(tag, begin_left_[part.x + place]));
      begins[i] = hn::Sub(in_row, hn::IfThenElseZero(columns.is_down(origin), row_step));
    });
    transpose_blocks(tag, begins);
    constexpr auto kBlocks = static_cast<int>(kLanes / kPlaces);  // of a filter
    unroll<F>([&](auto f) SWEETSPOT_INLINE_LAMBDA {
      const auto first = hn::Set(
          kPlaceIntTag, static_cast<int32_t>(part.first_filter + filter + f) * filter_step_);
      int32_t* HWY_RESTRICT to = filters_.data() + at(0, image) + part.to + (filter + f) * map_;
      unroll<kPlaces>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
        unroll<kBlocks>([&](auto block) SWEETSPOT_INLINE_LAMBDA {
          const auto places =
              hn::PromoteTo(kPlaceIntTag, block_of<f * kBlocks + block>(tag, begins[i]));
          hn::Store(hn::Add(first, places), kPlaceIntTag, to + (block * kPlaces + i) * lane_maps_);
        });
      });
    });
  }

  ImageShape out_;
  size_t map_ = 0;
  size_t lane_maps_ = 0;     // values of all images of one lane
  Origin right_ = 0;         // of the second column of a window
  Origin down_ = 0;          // of its second row
  int32_t filter_step_ = 0;  // floats from a filter to the next one
  Origin row_step_ = 0;      // by which a filter of a window's second row begins earlier
  // Where the first filter begins of each place of a row, from the first and the second column.
  AlignedBuffer<Origin> begin_left_;
  AlignedBuffer<Origin> begin_right_;
  AlignedBuffer<float> gradients_;
  AlignedBuffer<int32_t> filters_;
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
