// The sums of a convolution's places, for any shape: in tiles, kept in the first-level cache until
// they are pooled.
#if defined(SWEETSPOT_TRAIN_KERNELS_FORWARD_CONV_POSITIONS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_FORWARD_CONV_POSITIONS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_FORWARD_CONV_POSITIONS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_FORWARD_CONV_POSITIONS_INL_HPP
#endif

#include <algorithm>

#include "train/kernels/forward/pooling-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Lists the convolved places of some rows that have ink, as indices of plan.places, and sets the
// sums of the others.
template <int C>
HWY_INLINE size_t list_inked(const ConvPlan& plan, const ForwardPart& part, float* sums) {
  const hn::FixedTag<uint8_t, kPlaces> byte_tag;
  const Ink& ink = *part.ink;
  const int width = plan.stage.convolved.width;
  const int pooled = plan.stage.out.width;
  const size_t bytes = place_row(plan.stage.out) / kPlaces;
  LaneVector known[C];
  unroll<C>([&](auto c) SWEETSPOT_INLINE_LAMBDA { known[c] = load(part.blank + c * kLanes); });
  const int pool = plan.stage.pool;
  const uint8_t* inked = ink.places + static_cast<size_t>(part.first_row / pool) * bytes;
  size_t count = 0;
  for (int y = 0; y < part.rows; y += pool) {
    for (int x = 0; x < pooled; x += static_cast<int>(kPlaces)) {
      const int here = std::min(pooled - x, static_cast<int>(kPlaces));
      const uint32_t bits = *inked++;
      const auto columns = hn::PromoteTo(kPlaceIntTag, hn::Load(byte_tag, kSetBits.of[bits]));
      const auto place = hn::Add(hn::Mul(columns, hn::Set(kPlaceIntTag, pool)),
                                 hn::Set(kPlaceIntTag, y * width + pool * x));
      const size_t open = hwy::PopCount(uint64_t{bits});
      for (int window = 0; window < pool * pool; ++window) {
        const int offset = window / pool * width + window % pool;
        hn::StoreU(hn::Add(place, hn::Set(kPlaceIntTag, offset)), kPlaceIntTag,
                   reinterpret_cast<int32_t*>(ink.list) + count);
        count += open;
      }
      for (uint32_t left = ~bits & ((1U << here) - 1); left != 0; left &= left - 1) {
        const auto column = static_cast<int>(hwy::Num0BitsBelowLS1Bit_Nonzero32(left));
        float* row = sums + static_cast<size_t>(y * width + pool * (x + column)) * C * kLanes;
        for (int down = 0; down < pool; ++down) {
          for (int right = 0; right < pool; ++right) {
            unroll<C>([&](auto c) SWEETSPOT_INLINE_LAMBDA {
              store(known[c], row + (static_cast<size_t>(right) * C + c) * kLanes);
            });
          }
          row += static_cast<size_t>(width) * C * kLanes;
        }
      }
    }
  }
  return count;
}

// The sums of `count` places, whose indices in plan.places are `chosen`.
template <int C>
HWY_INLINE void convolve_places(const ConvPlan& plan, const ForwardPart& part,
                                const uint32_t* chosen, size_t count, float* sums) {
  constexpr size_t P = tile_rows(C);
  const float* weights = part.weights;
  const ConvStage& s = plan.stage;
  const auto kernel = static_cast<size_t>(s.kernel);
  const auto first_channels = static_cast<size_t>(block_size(s.in.channels, 0));
  for (int block = 0; block < channel_blocks(s.in.channels); ++block) {
    const auto channels = static_cast<size_t>(block_size(s.in.channels, block));
    // Rows of a last block of fewer channels are shorter.
    const size_t shorter = part.first_row * s.padded_width() * (first_channels - channels);
    const float* HWY_RESTRICT in =
        part.input + (block * kChannelBlock * plan.padded_pixels() - shorter) * kLanes;
    const Reduction reduction = {kernel,     kernel * channels,
                                 kLanes,     s.padded_width() * channels * kLanes,
                                 C * kLanes, kernel * channels * C * kLanes};
    for (size_t first = 0; first < count; first += P) {
      Tile<P, C> tile;
      const float* left[P];
      // Rows past the last place repeat it.
      const auto place = [&](size_t p) SWEETSPOT_INLINE_LAMBDA {
        return static_cast<size_t>(chosen[std::min(first + p, count - 1)]);
      };
      const auto sums_of = [&](size_t p)
                               SWEETSPOT_INLINE_LAMBDA { return sums + place(p) * C * kLanes; };
      for (size_t p = 0; p < P; ++p) left[p] = in + plan.places[place(p)] * channels * kLanes;
      tile.load_rows([&](size_t p)
                         SWEETSPOT_INLINE_LAMBDA { return block == 0 ? part.bias : sums_of(p); });
      tile.add_products(left, weights, kLanes, reduction);
      tile.store_rows_to(sums_of);
    }
    weights += kernel * kernel * channels * C * kLanes;
  }
}

// The part's rows; `sums` is scratch of plan.sums_floats().
template <int C>
HWY_INLINE void forward_places(const ConvPlan& plan, const ForwardPart& part, const PooledRows& to,
                               float* sums) {
  const ConvStage& s = plan.stage;
  const auto width = static_cast<size_t>(s.convolved.width);
  const uint32_t* chosen = plan.all.data();
  size_t count = part.rows * width;
  if (part.ink != nullptr) {
    count = list_inked<C>(plan, part, sums);
    chosen = part.ink->list;
  }
  convolve_places<C>(plan, part, chosen, count, sums);
  PooledRows row = to;
  const size_t pooled = s.out.width;
  for (int y = 0; y < part.rows; y += s.pool) {
    pool_row_of_any_window<C>(plan, sums + y * width * C * kLanes, row.dropout, row.pooled,
                              row.origins);
    row.pooled += (pooled + row.gap) * C * kLanes;
    row.origins += pooled * C * kLanes;
    if (row.dropout.kept != nullptr) row.dropout.kept += pooled * s.filters;
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
