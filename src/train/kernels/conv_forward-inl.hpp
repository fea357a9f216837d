// Convolution (correlation), bias, ReLU, max pooling and dropout of one image, one trial a lane.
// Tensors [block of 4 channels][y][x][channel in block][lane]; the input is padded with zeros.
// Weights [block of 4 filters][block of 4 channels][ky][kx][channel in block][filter in block].
#if defined(SWEETSPOT_TRAIN_KERNELS_CONV_FORWARD_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_CONV_FORWARD_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_CONV_FORWARD_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_CONV_FORWARD_INL_HPP
#endif

#include <algorithm>
#include <limits>
#include <vector>

#include "train/kernels/multiply_tile-inl.hpp"
#include "train/kernels/open_places-inl.hpp"
#include "train/stages.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Bytes of the first-level cache for sums that wait to be pooled.
constexpr size_t kFirstLevelShare = 12 << 10;

// How a stage's forward pass walks over the image: some rows at once, pooled while they are in the
// first-level cache.
struct ConvPlan {
  ConvStage stage;
  int lane_row = 0;              // floats of a row of a lane-major input, for origins
  int rows_at_once = 0;          // convolved rows that are computed before they are pooled
  std::vector<uint32_t> places;  // of these rows, in pixels of the padded input
  std::vector<uint32_t> all;     // their indices

  ConvPlan(const ConvStage& s, int lane_row_floats) : stage(s), lane_row(lane_row_floats) {
    choose_rows_at_once();
    for (int y = 0; y < rows_at_once; ++y) {
      for (int x = 0; x < s.convolved.width; ++x) {
        all.push_back(static_cast<uint32_t>(places.size()));
        places.push_back(static_cast<uint32_t>(y * s.padded_width() + x));
      }
    }
  }

  // Rows of whole windows whose sums stay in the first-level cache until they are pooled, and
  // whose places fill the tiles' rows best.
  void choose_rows_at_once() {
    constexpr int kMostSums = static_cast<int>(kFirstLevelShare / (kLanes * sizeof(float)));
    const int columns = std::min(kChannelBlock, stage.filters);
    const int tile = tile_rows(columns);
    int least = std::numeric_limits<int>::max();
    for (int rows = stage.pool; rows <= stage.convolved.height; rows += stage.pool) {
      if (rows > stage.pool && rows * stage.convolved.width * columns > kMostSums) break;
      const auto groups = [&](int r) { return (r * stage.convolved.width + tile - 1) / tile; };
      const int left = stage.convolved.height % rows;
      const int all = stage.convolved.height / rows * groups(rows) + (left > 0 ? groups(left) : 0);
      if (all <= least) {
        least = all;
        rows_at_once = rows;
      }
    }
  }

  size_t padded_pixels() const {
    return static_cast<size_t>(stage.padded_width()) * stage.padded_height();
  }
  // Room for one tile's sums, with those of places that pad the last group.
  size_t sums_floats() const { return (places.size() + 12) * kChannelBlock * kLanes; }
  // Room for the origins of one row of pooled places, of a block of filters in all lanes.
  size_t origin_row_size() const { return place_row(stage.out) * kChannelBlock * kLanes; }
};

// The pooled places of an image that see anything but zeros, in any lane; the others' sums are
// known. Images of digits have ink in half of their places, those of eight lanes in three quarters.
struct Ink {
  const uint8_t* places;  // a bit for each, as Images has them
  const float* blank;     // [filter][lane]: what a convolution of zeros gives
  uint32_t* list;         // scratch of plan.places.size() + kPlaces
};

// Lists the convolved places of some rows that have ink, as indices of plan.places, and sets the
// sums of the others.
template <int C>
HWY_INLINE size_t list_inked(const ConvPlan& plan, int first_row, int rows, const Ink& ink,
                             const float* blank, float* sums) {
  const hn::FixedTag<uint8_t, kPlaces> byte_tag;
  const int width = plan.stage.convolved.width;
  const int pooled = plan.stage.out.width;
  const size_t bytes = place_row(plan.stage.out) / kPlaces;
  LaneVector known[C];
  unroll<C>([&](auto c) SWEETSPOT_INLINE_LAMBDA { known[c] = load(blank + c * kLanes); });
  const int pool = plan.stage.pool;
  const uint8_t* inked = ink.places + static_cast<size_t>(first_row / pool) * bytes;
  size_t count = 0;
  for (int y = 0; y < rows; y += pool) {
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
HWY_INLINE void convolve_places(const ConvPlan& plan, int first_row, const uint32_t* chosen,
                                size_t count, const float* padded, const float* weights,
                                const float* bias, float* sums) {
  constexpr size_t P = tile_rows(C);
  const ConvStage& s = plan.stage;
  const auto kernel = static_cast<size_t>(s.kernel);
  for (int block = 0; block < channel_blocks(s.in.channels); ++block) {
    const auto channels = static_cast<size_t>(block_size(s.in.channels, block));
    const float* HWY_RESTRICT in =
        padded + (static_cast<size_t>(block) * kChannelBlock * plan.padded_pixels() +
                  static_cast<size_t>(first_row) * s.padded_width() * channels) *
                     kLanes;
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
                         SWEETSPOT_INLINE_LAMBDA { return block == 0 ? bias : sums_of(p); });
      tile.add_products(left, weights, kLanes, reduction);
      tile.store_rows_to(sums_of);
    }
    weights += kernel * kernel * channels * C * kLanes;
  }
}

// Which pooled values dropout keeps; `kept` has a bit a lane for each, [y][x][filter], or is null.
struct PooledDropout {
  const LaneMask* kept;
  float scale;
};

// One row of windows, P pixels a side (0: plan.stage.pool). A value that is not finite anywhere in
// the window comes out as not finite: max() alone would drop a NaN, and a diverged training would
// look like one that is merely stuck.
template <int C, int P, bool kDrop>
HWY_INLINE void pool_row(const ConvPlan& plan, const float* HWY_RESTRICT sums,
                         const PooledDropout& dropout, float* HWY_RESTRICT pooled,
                         Origin* HWY_RESTRICT origins) {
  const hn::FixedTag<Origin, kLanes> origin_tag;
  const ConvStage& s = plan.stage;
  const int pool = P > 0 ? P : s.pool;
  const LaneVector zero = hn::Zero(kLaneTag);
  const auto closed = hn::Set(kLaneIntTag, kClosed);
  const LaneVector scale = hn::Set(kLaneTag, dropout.scale);
  const size_t row = static_cast<size_t>(s.convolved.width) * C * kLanes;
  const LaneMask* kept = dropout.kept;
  for (int x = 0; x < s.out.width; ++x) {
    for (int c = 0; c < C; ++c) {
      const float* at = sums + (static_cast<size_t>(pool * x) * C + c) * kLanes;
      LaneVector largest = load(at);
      LaneVector total = largest;
      auto origin = hn::Zero(kLaneIntTag);
      const auto compare = [&](int window) SWEETSPOT_INLINE_LAMBDA {
        const int down = window / pool;
        const int right = window % pool;
        const LaneVector value = load(at + down * row + static_cast<size_t>(right * C) * kLanes);
        const auto larger = hn::RebindMask(kLaneIntTag, hn::Lt(largest, value));
        origin = hn::IfThenElse(
            larger, hn::Set(kLaneIntTag, down * plan.lane_row + right * s.in.channels), origin);
        largest = hn::Max(largest, value);
        total = hn::Add(total, value);
      };
      if constexpr (P > 0) {
        unroll<P * P - 1>([&](auto i) SWEETSPOT_INLINE_LAMBDA { compare(i + 1); });
      } else {
        for (int window = 1; window < pool * pool; ++window) compare(window);
      }
      if (s.relu) {
        origin = hn::IfThenElse(hn::RebindMask(kLaneIntTag, hn::Gt(largest, zero)), origin, closed);
        largest = hn::Max(largest, zero);
      }
      LaneVector result = hn::MulAdd(total, zero, largest);
      if constexpr (kDrop) {
        const auto is_kept = load_mask(kept + c);
        result = hn::Mul(result, hn::IfThenElseZero(is_kept, scale));
        origin = hn::IfThenElse(hn::RebindMask(kLaneIntTag, is_kept), origin, closed);
      }
      store(result, pooled);
      hn::Store(hn::DemoteTo(origin_tag, origin), origin_tag, origins);
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

// Where conv_forward leaves the origins of each lane's image, a map for each filter. `row` is
// scratch of plan.origin_row_size().
struct OriginMaps {
  Origin* lanes[kLanes];
  Origin* row;
};

// One row of pooled places, from [place][filter of the block][lane] to the lanes' maps.
template <int C>
HWY_INLINE void spread_origins(const ConvPlan& plan, int filter, int y, const OriginMaps& maps) {
  const auto width = static_cast<size_t>(plan.stage.out.width);
  const size_t row = place_row(plan.stage.out);
  const size_t map = place_map(plan.stage.out);
  for (int c = 0; c < C; ++c) {
    const size_t to = static_cast<size_t>(filter + c) * map + static_cast<size_t>(y) * row;
    for (size_t x = 0; x < row; x += kPlaces) {
      for (size_t lanes = 0; lanes < kLanes; lanes += kPlaces) {
        PlaceOrigins places[kPlaces];
        for (size_t i = 0; i < kPlaces; ++i) {
          places[i] = x + i < width
                          ? hn::Load(kPlaceOriginTag, maps.row + ((x + i) * C + c) * kLanes + lanes)
                          : hn::Set(kPlaceOriginTag, kClosed);
        }
        transpose(places);
        for (size_t i = 0; i < kPlaces; ++i) {
          hn::Store(places[i], kPlaceOriginTag, maps.lanes[lanes + i] + to + x);
        }
      }
    }
  }
}

// The image that conv_forward writes, [block][y][x][channel in block][lane]: its size with zero
// pixels around, of which `padding` are above and on the left.
struct OutputFrame {
  int padding;
  int width;
  int height;
};

// `sums` is scratch of plan.sums_floats(); `ink` may be null: every place is convolved. Before rows
// of the padded input are read, need_rows(end) is called with the row after the last of them.
template <class NeedRows>
HWY_INLINE void conv_forward(const ConvPlan& plan, const float* padded, const float* weights,
                             const float* bias, const OutputFrame& frame,
                             const PooledDropout& dropout, float* pooled, const OriginMaps& origins,
                             const Ink* ink, float* sums, NeedRows&& need_rows) {
  const ConvStage& s = plan.stage;
  const size_t out_pixels = static_cast<size_t>(frame.width) * frame.height;
  const size_t block_weights =
      static_cast<size_t>(s.kernel) * s.kernel * s.in.channels * kChannelBlock * kLanes;
  for (int block = 0; block < channel_blocks(s.filters); ++block) {
    with_columns(block_size(s.filters, block), [&]<int C>() HWY_ATTR {
      const int filter = block * kChannelBlock;
      const auto channel = static_cast<size_t>(filter);
      for (int first = 0; first < s.convolved.height; first += plan.rows_at_once) {
        const int rows = std::min(plan.rows_at_once, s.convolved.height - first);
        if (block == 0) need_rows(first + rows + s.kernel - 1);
        const uint32_t* chosen = ink != nullptr ? ink->list : plan.all.data();
        const size_t count = ink != nullptr ? list_inked<C>(plan, first, rows, *ink,
                                                            ink->blank + channel * kLanes, sums)
                                            : static_cast<size_t>(rows) * s.convolved.width;
        convolve_places<C>(plan, first, chosen, count, padded, weights + block * block_weights,
                           bias + channel * kLanes, sums);
        for (int y = 0; y < rows; y += s.pool) {
          const int out_y = (first + y) / s.pool;
          const size_t to =
              channel * out_pixels +
              (static_cast<size_t>(out_y + frame.padding) * frame.width + frame.padding) * C;
          PooledDropout here = dropout;
          if (here.kept != nullptr) {
            here.kept += static_cast<size_t>(out_y) * s.out.width * s.filters + channel;
          }
          pool_row_of_any_window<C>(plan,
                                    sums + static_cast<size_t>(y) * s.convolved.width * C * kLanes,
                                    here, pooled + to * kLanes, origins.row);
          spread_origins<C>(plan, filter, out_y, origins);
        }
      }
    });
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
