// Convolution and 2 x 2 max pooling in registers: the sums of a window's four places are pooled as
// soon as they are complete, and never stored. Each sum has the terms of
// forward/conv_positions-inl.hpp, in the same order.
#if defined(SWEETSPOT_TRAIN_KERNELS_FORWARD_CONV_WINDOWS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_FORWARD_CONV_WINDOWS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_FORWARD_CONV_WINDOWS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_FORWARD_CONV_WINDOWS_INL_HPP
#endif

#include <algorithm>

#include "train/kernels/forward/pooling-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Lists the pooled places of some rows that have ink, as indices of plan.windows, and calls
// blank(index) for the others.
template <class Blank>
HWY_INLINE size_t list_inked_windows(const ConvPlan& plan, int first_row, int rows, const Ink& ink,
                                     const Blank& blank) {
  const hn::FixedTag<uint8_t, kPlaces> byte_tag;
  const ImageShape& out = plan.stage.out;
  const uint8_t* inked = ink.places + first_row * (place_row(out) / kPlaces);
  size_t count = 0;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < out.width; x += static_cast<int>(kPlaces)) {
      const int here = std::min(out.width - x, static_cast<int>(kPlaces));
      const int first = y * out.width + x;
      const uint32_t bits = *inked++;
      const auto columns = hn::PromoteTo(kPlaceIntTag, hn::Load(byte_tag, kSetBits.of[bits]));
      hn::StoreU(hn::Add(columns, hn::Set(kPlaceIntTag, first)), kPlaceIntTag,
                 reinterpret_cast<int32_t*>(ink.list) + count);
      count += hwy::PopCount(uint64_t{bits});
      for (uint32_t left = ~bits & ((1U << here) - 1); left != 0; left &= left - 1) {
        blank(static_cast<size_t>(first) + hwy::Num0BitsBelowLS1Bit_Nonzero32(left));
      }
    }
  }
  return count;
}

// A window of C filters, from the sums of its four places.
template <int C, bool kDrop, class SumOf>
HWY_INLINE void pool_window(const ConvPlan& plan, size_t window, const PooledRows& to,
                            const SumOf& sum_of) {
  const ConvStage& s = plan.stage;
  float* pooled = to.pooled + (window + plan.windows[window].row * to.gap) * C * kLanes;
  Origin* origins = to.origins + window * C * kLanes;
  const LaneVector scale = hn::Set(kLaneTag, to.dropout.scale);
  const LaneMask* kept = kDrop ? to.dropout.kept + window * s.filters : nullptr;
  const int right = s.in.channels;
  unroll<C>([&](auto c) SWEETSPOT_INLINE_LAMBDA {
    WindowMaximum maximum(sum_of(0, c));
    maximum.add(sum_of(1, c), right);
    maximum.add(sum_of(2, c), plan.lane_row);
    maximum.add(sum_of(3, c), plan.lane_row + right);
    maximum.template finish<kDrop>(s.relu, kDrop ? kept + c : nullptr, scale, pooled + c * kLanes,
                                   origins + c * kLanes);
  });
}

// `count` windows, whose indices in plan.windows are `chosen`.
template <int C, bool kDrop>
HWY_INLINE void convolve_windows(const ConvPlan& plan, const ForwardPart& part,
                                 const uint32_t* chosen, size_t count, const PooledRows& to) {
  constexpr size_t W = windows_at_once(C);
  constexpr size_t kInWindow = 4;
  const ConvStage& s = plan.stage;
  const auto kernel = static_cast<size_t>(s.kernel);
  const auto channels = static_cast<size_t>(s.in.channels);
  const size_t pixel = channels * kLanes;
  const size_t row = s.padded_width() * pixel;
  const Reduction reduction = {kernel, kernel * channels, kLanes,
                               row,    C * kLanes,        kernel * channels * C * kLanes};
  for (size_t first = 0; first < count; first += W) {
    Tile<kInWindow * W, C> tile;
    const float* left[kInWindow * W];
    // Windows past the last one repeat it.
    const auto window = [&](size_t w) SWEETSPOT_INLINE_LAMBDA {
      return static_cast<size_t>(chosen[std::min(first + w, count - 1)]);
    };
    unroll<W>([&](auto w) SWEETSPOT_INLINE_LAMBDA {
      const float* at = part.input + plan.windows[window(w)].pixel * pixel;
      left[kInWindow * w] = at;
      left[kInWindow * w + 1] = at + pixel;
      left[kInWindow * w + 2] = at + row;
      left[kInWindow * w + 3] = at + row + pixel;
    });
    tile.load_rows([&](size_t) SWEETSPOT_INLINE_LAMBDA { return part.bias; });
    tile.add_products(left, part.weights, kLanes, reduction);
    unroll<W>([&](auto w) SWEETSPOT_INLINE_LAMBDA {
      pool_window<C, kDrop>(plan, window(w), to, [&](auto place, auto c) SWEETSPOT_INLINE_LAMBDA {
        return tile.sums[kInWindow * w + place][c];
      });
    });
  }
}

template <int C, bool kDrop>
HWY_INLINE void forward_windows_dropped(const ConvPlan& plan, const ForwardPart& part,
                                        const PooledRows& to) {
  const int pool = plan.stage.pool;
  const int rows = part.rows / pool;
  if (part.ink == nullptr) {
    const size_t count = static_cast<size_t>(rows) * plan.stage.out.width;
    return convolve_windows<C, kDrop>(plan, part, plan.all.data(), count, to);
  }
  LaneVector known[C];
  unroll<C>([&](auto c) SWEETSPOT_INLINE_LAMBDA { known[c] = load(part.blank + c * kLanes); });
  const size_t count =
      list_inked_windows(plan, part.first_row / pool, rows, *part.ink, [&](size_t window) HWY_ATTR {
        pool_window<C, kDrop>(plan, window, to,
                              [&](auto, auto c) SWEETSPOT_INLINE_LAMBDA { return known[c]; });
      });
  convolve_windows<C, kDrop>(plan, part, part.ink->list, count, to);
}

// The part's rows, of a stage that pools in registers.
template <int C>
HWY_INLINE void forward_windows(const ConvPlan& plan, const ForwardPart& part,
                                const PooledRows& to) {
  if (to.dropout.kept == nullptr) {
    forward_windows_dropped<C, false>(plan, part, to);
  } else {
    forward_windows_dropped<C, true>(plan, part, to);
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
