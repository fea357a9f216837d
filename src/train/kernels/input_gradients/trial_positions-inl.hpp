// The pooled places of a last stage whose weight gradients take all lanes together, packed for the
// input gradients of each trial: gradients and origins, which lie [value][lane], become gradients
// and where the filters begin, [lane][value]. Values are [block of filters][y][x][filter] in both,
// so that this is one transpose.
#if defined(SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_TRIAL_POSITIONS_INL_HPP) == \
    defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_TRIAL_POSITIONS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_TRIAL_POSITIONS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_INPUT_GRADIENTS_TRIAL_POSITIONS_INL_HPP
#endif

#include <algorithm>

#include "base/aligned_buffer.hpp"
#include "train/kernels/input_gradients/input_gradients-inl.hpp"
#include "train/kernels/shared/transpose-inl.hpp"
#include "train/kernels/weight_gradients/interleaved_weight_gradients-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

class TrialPlaces {
 public:
  TrialPlaces() = default;
  // `plan` packs; `lane_row`: floats of a row of a lane-major input, as origins have them.
  TrialPlaces(const ConvStage& s, size_t images_at_once, const InputGradientPlan& plan,
              size_t lane_row)
      : windows_(s.in.channels, lane_row),
        right_step_(step(plan, {.column = 1, .row = 0})),
        down_step_(step(plan, {.column = 0, .row = 1})),
        values_(static_cast<size_t>(s.out.height) * s.out.width * s.filters),
        lane_values_(images_at_once * image_values()),
        top_left_(2 * image_values()),
        gradients_(kLanes * lane_values_),
        filters_(kLanes * lane_values_) {
    size_t value = 0;
    for (int block = 0; block < channel_blocks(s.filters); ++block) {
      for (size_t place = 0; place < static_cast<size_t>(s.out.height) * s.out.width; ++place) {
        for (int filter = 0; filter < block_size(s.filters, block); ++filter) {
          const auto begin = static_cast<Origin>(
              plan.filter_begin(static_cast<size_t>(filter), place % s.out.width, {}));
          const size_t row = value / kLanes * kLanes;
          top_left_[row + value] = begin;
          top_left_[row + value + kLanes] = begin;
          ++value;
        }
      }
    }
  }

  // Values of one image of one lane, with what fills the last vector up.
  size_t image_values() const { return (values_ + kLanes - 1) / kLanes * kLanes; }
  // As PackedPlaces has them.
  const float* gradients(size_t lane, size_t image) const {
    return gradients_.data() + at(lane, image);
  }
  const FilterBegin* filters(size_t lane, size_t image) const {
    return filters_.data() + at(lane, image);
  }

  // Takes one image's. Gradients are multiplied by `scale`, by which a dropout had multiplied the
  // outputs, and those of closed places become zero. Behind the last one's origins may be read
  // those of kLanes values.
  void pack(const float* gradients, float scale, const Origin* origins, size_t image) {
    if constexpr (kHas32Registers) {
      const size_t whole = values_ / kLanes * kLanes;
      for (size_t first = 0; first < whole; first += kLanes) {
        pack_gradients(gradients + first * kLanes, scale, origins + first * kLanes, kLanes,
                       at(0, image) + first);
        pack_filters(origins + first * kLanes, first, at(0, image) + first);
      }
      if (whole == values_) return;
      pack_gradients(gradients + whole * kLanes, scale, origins + whole * kLanes, values_ - whole,
                     at(0, image) + whole);
      pack_filters(origins + whole * kLanes, whole, at(0, image) + whole);
    }
  }

  double bytes() const {
    return 4.0 * static_cast<double>(gradients_.size()) +
           2.0 * static_cast<double>(filters_.size() + top_left_.size());
  }

 private:
  size_t at(size_t lane, size_t image) const {
    return lane * lane_values_ + image * image_values();
  }

  // By how much a filter begins later than that of the window's top left place, in all columns:
  // where regions slide, no move leaves the vector.
  static Origin step(const InputGradientPlan& plan, const InputGradientPlan::WindowPlace& window) {
    return static_cast<Origin>(plan.filter_begin(0, 0, window) - plan.filter_begin(0, 0, {}));
  }

  // Of as many values as lanes; behind the last one it is repeated.
  HWY_INLINE void pack_gradients(const float* HWY_RESTRICT gradients, float scale,
                                 const Origin* HWY_RESTRICT origins, size_t values, size_t to) {
    const hn::FixedTag<Origin, kLanes> origin_tag;
    LaneVector rows[kLanes];
    unroll<kLanes>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
      const size_t at = std::min<size_t>(i, values - 1) * kLanes;
      const auto origin = hn::PromoteTo(kLaneIntTag, hn::Load(origin_tag, origins + at));
      rows[i] = open_gradient(gradients + at, scale, origin);
    });
    transpose(rows);
    unroll<kLanes>([&](auto lane) SWEETSPOT_INLINE_LAMBDA {
      store(rows[lane], gradients_.data() + to + lane * lane_values_);
    });
  }

  HWY_INLINE void pack_filters(const Origin* HWY_RESTRICT origins, size_t first, size_t to) {
    using Tag = hn::FixedTag<Origin, 2 * kLanes>;
    constexpr Tag tag;
    constexpr hn::Half<Tag> of_lane;
    constexpr hn::Repartition<int64_t, Tag> quads;
    hn::Vec<Tag> begins[kPlaces];
    unroll<kPlaces>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
      const Origin* HWY_RESTRICT from = origins + i * kLanes;
      const auto origin =
          hn::Combine(tag, hn::Load(of_lane, from + kPlaces * kLanes), hn::Load(of_lane, from));
      const auto right =
          hn::IfThenElseZero(windows_.is_right(tag, origin), hn::Set(tag, right_step_));
      const auto down = hn::IfThenElseZero(windows_.is_down(tag, origin), hn::Set(tag, down_step_));
      begins[i] = hn::Add(right, down);
    });
    transpose_blocks(tag, begins);
    // Blocks are [half of the values][half of the lanes] now.
    const auto by_lane = hn::SetTableIndices(quads, kByLane);
    const auto top_left = hn::Load(tag, top_left_.data() + 2 * first);
    FilterBegin* HWY_RESTRICT filters = filters_.data() + to;
    unroll<kPlaces>([&](auto lane) SWEETSPOT_INLINE_LAMBDA {
      const auto values = hn::TableLookupLanes(hn::BitCast(quads, begins[lane]), by_lane);
      const auto begin = hn::Add(hn::BitCast(tag, values), top_left);
      store_begins(hn::LowerHalf(of_lane, begin), filters + lane * lane_values_);
      store_begins(hn::UpperHalf(of_lane, begin), filters + (lane + kPlaces) * lane_values_);
    });
  }

  template <class Vector>
  HWY_INLINE static void store_begins(Vector begins, FilterBegin* to) {
    const hn::RebindToUnsigned<hn::DFromV<Vector>> tag;
    hn::Store(hn::BitCast(tag, begins), tag, to);
  }

  static constexpr int64_t kByLane[] = {0, 1, 4, 5, 2, 3, 6, 7};

  PoolingWindow windows_;
  Origin right_step_ = 0;
  Origin down_step_ = 0;
  size_t values_ = 0;       // of one image of one lane
  size_t lane_values_ = 0;  // of all images of one lane
  // Where the filters of a window's top left place begin: each sixteen values twice, for two lanes.
  AlignedBuffer<Origin> top_left_;
  AlignedBuffer<float> gradients_;
  AlignedBuffer<FilterBegin> filters_;
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
