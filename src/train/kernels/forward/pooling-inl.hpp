// ReLU, max pooling and dropout of a convolution's sums, and where each pooled value came from.
#if defined(SWEETSPOT_TRAIN_KERNELS_FORWARD_POOLING_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_FORWARD_POOLING_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_FORWARD_POOLING_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_FORWARD_POOLING_INL_HPP
#endif

#include "train/kernels/shared/conv_plan-inl.hpp"
#include "train/kernels/shared/transpose-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// The largest value of a pooling window so far, and where it lies.
struct WindowMaximum {
  LaneVector largest;
  LaneVector total;
  LaneIntVector origin;

  HWY_INLINE explicit WindowMaximum(LaneVector first)
      : largest(first), total(first), origin(hn::Zero(kLaneIntTag)) {}

  // `offset`: of the place from the window's first one, as an Origin.
  HWY_INLINE void add(LaneVector value, int offset) {
    const auto larger = hn::RebindMask(kLaneIntTag, hn::Lt(largest, value));
    origin = hn::IfThenElse(larger, hn::Set(kLaneIntTag, offset), origin);
    largest = hn::Max(largest, value);
    total = hn::Add(total, value);
  }

  // A value that is not finite anywhere in the window comes out as not finite: max() alone would
  // drop a NaN, and a diverged training would look like one that is merely stuck.
  template <bool kDrop>
  HWY_INLINE void finish(bool relu, const LaneMask* kept, LaneVector scale,
                         float* HWY_RESTRICT pooled, Origin* HWY_RESTRICT origins) const {
    const hn::FixedTag<Origin, kLanes> origin_tag;
    const LaneVector zero = hn::Zero(kLaneTag);
    const auto closed = hn::Set(kLaneIntTag, kClosed);
    LaneVector most = largest;
    auto from = origin;
    if (relu) {
      from = hn::IfThenElse(hn::RebindMask(kLaneIntTag, hn::Gt(most, zero)), from, closed);
      most = hn::Max(most, zero);
    }
    LaneVector result = hn::MulAdd(total, zero, most);
    if constexpr (kDrop) {
      const auto is_kept = load_mask(kept);
      result = hn::Mul(result, hn::IfThenElseZero(is_kept, scale));
      from = hn::IfThenElse(hn::RebindMask(kLaneIntTag, is_kept), from, closed);
    }
    store(result, pooled);
    hn::Store(hn::DemoteTo(origin_tag, from), origin_tag, origins);
  }
};

// One row of windows, P pixels a side (0: plan.stage.pool).
template <int C, int P, bool kDrop>
HWY_INLINE void pool_row(const ConvPlan& plan, const float* HWY_RESTRICT sums,
                         const PooledDropout& dropout, float* HWY_RESTRICT pooled,
                         Origin* HWY_RESTRICT origins) {
  const ConvStage& s = plan.stage;
  const int pool = P > 0 ? P : s.pool;
  const LaneVector scale = hn::Set(kLaneTag, dropout.scale);
  const size_t row = static_cast<size_t>(s.convolved.width) * C * kLanes;
  const LaneMask* kept = dropout.kept;
  for (int x = 0; x < s.out.width; ++x) {
    for (int c = 0; c < C; ++c) {
      const float* at = sums + (static_cast<size_t>(pool * x) * C + c) * kLanes;
      WindowMaximum maximum(load(at));
      const auto add = [&](int window) SWEETSPOT_INLINE_LAMBDA {
        const int down = window / pool;
        const int right = window % pool;
        maximum.add(load(at + down * row + static_cast<size_t>(right * C) * kLanes),
                    down * plan.lane_row + right * s.in.channels);
      };
      if constexpr (P > 0) {
        unroll<P * P - 1>([&](auto i) SWEETSPOT_INLINE_LAMBDA { add(i + 1); });
      } else {
        for (int window = 1; window < pool * pool; ++window) add(window);
      }
      maximum.finish<kDrop>(s.relu, kDrop ? kept + c : nullptr, scale, pooled, origins);
      pooled += kLanes;
      origins += kLanes;
    }
    if constexpr (kDrop) kept += s.filters;
  }
}

template <int C, int P>
HWY_INLINE void pool_and_drop_row(const ConvPlan& plan, const float* sums,
                                  const PooledDropout& dropout, float* pooled, Origin* origins) {
  if (dropout.kept == nullptr) {
    pool_row<C, P, false>(plan, sums, dropout, pooled, origins);
  } else {
    pool_row<C, P, true>(plan, sums, dropout, pooled, origins);
  }
}

template <int C>
HWY_INLINE void pool_row_of_any_window(const ConvPlan& plan, const float* sums,
                                       const PooledDropout& dropout, float* pooled,
                                       Origin* origins) {
  switch (plan.stage.pool) {
    case 1:
      return pool_and_drop_row<C, 1>(plan, sums, dropout, pooled, origins);
    case 2:
      return pool_and_drop_row<C, 2>(plan, sums, dropout, pooled, origins);
    default:
      return pool_and_drop_row<C, 0>(plan, sums, dropout, pooled, origins);
  }
}

// Eight pooled places of F filters, of which only those before `width` are there, from
// [place][filter of C][lane] to the lanes' maps.
template <int C, int F>
HWY_INLINE void spread_places(const Origin* origins, size_t width, const OriginMaps& maps,
                              size_t map, size_t to) {
  using Tag = hn::FixedTag<Origin, F * kLanes>;
  constexpr Tag tag;
  constexpr auto kBlocks = static_cast<int>(kLanes / kPlaces);  // of a filter
  hn::Vec<Tag> places[kPlaces];
  unroll<kPlaces>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
    places[i] = i < width ? hn::LoadU(tag, origins + i * C * kLanes) : hn::Set(tag, kClosed);
  });
  transpose_blocks(tag, places);
  unroll<kPlaces>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
    unroll<F * kBlocks>([&](auto block) SWEETSPOT_INLINE_LAMBDA {
      constexpr size_t kLane = block % kBlocks * kPlaces + i;
      hn::Store(block_of<block>(tag, places[i]), kPlaceOriginTag,
                maps.lanes[kLane] + to + block / kBlocks * map);
    });
  });
}

// One row of pooled places, from [place][filter of the block][lane] to the lanes' maps.
template <int C>
HWY_INLINE void spread_origins(const ConvPlan& plan, int filter, int y, const Origin* origins,
                               const OriginMaps& maps) {
  const auto width = static_cast<size_t>(plan.stage.out.width);
  const size_t row = place_row(plan.stage.out);
  const size_t map = place_map(plan.stage.out);
  for (size_t x = 0; x < row; x += kPlaces) {
    const Origin* from = origins + x * C * kLanes;
    const size_t to = static_cast<size_t>(filter) * map + static_cast<size_t>(y) * row + x;
    unroll<C / 2>([&](auto pair) SWEETSPOT_INLINE_LAMBDA {
      spread_places<C, 2>(from + 2 * pair * kLanes, width - x, maps, map, to + 2 * pair * map);
    });
    if constexpr (C % 2 == 1) {
      spread_places<C, 1>(from + (C - 1) * kLanes, width - x, maps, map, to + (C - 1) * map);
    }
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
