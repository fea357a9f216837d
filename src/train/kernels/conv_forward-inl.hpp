// Convolution (correlation), bias, ReLU and 2x2 max pooling of one image, one trial a lane.
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
#include "train/network.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Where a pooled value came from: the offset of its place from the window's top left one, in floats
// of a lane-major input; or kClosed, since the ReLU was not open and no gradient passes.
using Origin = int16_t;
constexpr Origin kClosed = -1;

// How a stage's forward pass walks over the image: some rows at once, pooled while they are in the
// first-level cache.
struct ConvPlan {
  ConvStage stage;
  int padded_width = 0;
  int padded_height = 0;
  int lane_row = 0;              // floats of a row of a lane-major input, for origins
  int rows_at_once = 0;          // convolved rows that are computed before they are pooled
  std::vector<uint32_t> places;  // of these rows, in pixels of the padded input

  ConvPlan(const ConvStage& s, int lane_row_floats)
      : stage(s),
        padded_width(s.in.width + 2 * s.padding),
        padded_height(s.in.height + 2 * s.padding),
        lane_row(lane_row_floats) {
    choose_rows_at_once();
    for (int y = 0; y < rows_at_once; ++y) {
      for (int x = 0; x < s.convolved.width; ++x) {
        places.push_back(static_cast<uint32_t>(y * padded_width + x));
      }
    }
  }

  // An even number of rows whose sums stay in the first-level cache until they are pooled, and
  // whose places fill the tiles' rows best.
  void choose_rows_at_once() {
    constexpr int kMostSums = 384;
    const int columns = std::min(kChannelBlock, stage.filters);
    const int tile = tile_rows(columns);
    int least = std::numeric_limits<int>::max();
    for (int rows = 2; rows <= stage.convolved.height; rows += 2) {
      if (rows > 2 && rows * stage.convolved.width * columns > kMostSums) break;
      const auto groups = [&](int r) { return (r * stage.convolved.width + tile - 1) / tile; };
      const int left = stage.convolved.height % rows;
      const int all = stage.convolved.height / rows * groups(rows) + (left > 0 ? groups(left) : 0);
      if (all <= least) {
        least = all;
        rows_at_once = rows;
      }
    }
  }

  size_t padded_pixels() const { return static_cast<size_t>(padded_width) * padded_height; }
  // Room for one tile's sums, with those of places that pad the last group.
  size_t sums_floats() const { return (places.size() + 12) * kChannelBlock * kLanes; }
};

template <int C>
HWY_INLINE void convolve_tile(const ConvPlan& plan, int first_row, int rows, const float* padded,
                              const float* weights, const float* bias, float* sums) {
  constexpr int P = tile_rows(C);
  const ConvStage& s = plan.stage;
  const auto kernel = static_cast<size_t>(s.kernel);
  const int places = rows * s.convolved.width;
  for (int block = 0; block < channel_blocks(s.in.channels); ++block) {
    const auto channels = static_cast<size_t>(block_size(s.in.channels, block));
    const float* HWY_RESTRICT in =
        padded + (static_cast<size_t>(block) * kChannelBlock * plan.padded_pixels() +
                  static_cast<size_t>(first_row) * plan.padded_width * channels) *
                     kLanes;
    const Reduction reduction = {kernel,     kernel * channels,
                                 kLanes,     plan.padded_width * channels * kLanes,
                                 C * kLanes, kernel * channels * C * kLanes};
    for (int place = 0; place < places; place += P) {
      float* out = sums + static_cast<size_t>(place) * C * kLanes;
      Tile<P, C> tile;
      const float* left[P];
      for (int p = 0; p < P; ++p) {
        const int at = std::min(place + p, places - 1);
        left[p] = in + plan.places[static_cast<size_t>(at)] * channels * kLanes;
      }
      tile.load_rows(
          [&](int p) SWEETSPOT_INLINE_LAMBDA { return block == 0 ? bias : out + p * C * kLanes; });
      tile.add_products(left, weights, kLanes, reduction);
      tile.store_rows(out, C * kLanes, P);
    }
    weights += kernel * kernel * channels * C * kLanes;
  }
}

// A value that is not finite anywhere in the window comes out as not finite: max() alone would
// drop a NaN, and a diverged training would look like one that is merely stuck.
template <int C>
HWY_INLINE void pool_rows(const ConvPlan& plan, const float* HWY_RESTRICT sums,
                          float* HWY_RESTRICT pooled, Origin* HWY_RESTRICT origins) {
  const hn::FixedTag<int32_t, 8> ints;
  const hn::FixedTag<Origin, 8> shorts;
  const int width = plan.stage.convolved.width;
  const int channels = plan.stage.in.channels;
  const auto right = hn::Set(ints, channels);
  const auto down = hn::Set(ints, plan.lane_row);
  const auto down_right = hn::Add(down, right);
  const auto closed = hn::Set(ints, kClosed);
  const size_t row = static_cast<size_t>(width) * C * kLanes;
  for (int x = 0; x < width / 2; ++x) {
    for (int c = 0; c < C; ++c) {
      const float* at = sums + (static_cast<size_t>(2 * x) * C + c) * kLanes;
      const LaneVector v0 = load(at);
      const LaneVector v1 = load(at + C * kLanes);
      const LaneVector v2 = load(at + row);
      const LaneVector v3 = load(at + row + C * kLanes);
      const LaneVector top = hn::Max(v0, v1);
      const LaneVector bottom = hn::Max(v2, v3);
      const LaneVector largest = hn::Max(top, bottom);
      const LaneVector zero = hn::Zero(kLaneTag);
      const LaneVector total = hn::Add(hn::Add(v0, v1), hn::Add(v2, v3));
      const auto in_top = hn::IfThenElseZero(hn::RebindMask(ints, hn::Lt(v0, v1)), right);
      const auto in_bottom = hn::IfThenElse(hn::RebindMask(ints, hn::Lt(v2, v3)), down_right, down);
      const auto in_window =
          hn::IfThenElse(hn::RebindMask(ints, hn::Lt(top, bottom)), in_bottom, in_top);
      const auto origin =
          hn::IfThenElse(hn::RebindMask(ints, hn::Gt(largest, zero)), in_window, closed);
      store(hn::MulAdd(total, zero, hn::Max(largest, zero)), pooled);
      hn::StoreU(hn::DemoteTo(shorts, origin), shorts, origins);
      pooled += kLanes;
      origins += kLanes;
    }
  }
}

// pooled: [block][y][x][channel in block][lane] with `out_padding` zero pixels around the image;
// origins: as pooled without padding. `sums` is scratch of plan.sums_floats().
HWY_INLINE void conv_forward(const ConvPlan& plan, const float* padded, const float* weights,
                             const float* bias, int out_padding, float* pooled, Origin* origins,
                             float* sums) {
  const ConvStage& s = plan.stage;
  const int out_width = s.out.width + 2 * out_padding;
  const size_t out_pixels = static_cast<size_t>(out_width) * (s.out.height + 2 * out_padding);
  const size_t block_weights =
      static_cast<size_t>(s.kernel) * s.kernel * s.in.channels * kChannelBlock * kLanes;
  for (int block = 0; block < channel_blocks(s.filters); ++block) {
    with_columns(block_size(s.filters, block), [&]<int C>() HWY_ATTR {
      const size_t channel = static_cast<size_t>(block) * kChannelBlock;
      for (int first = 0; first < s.convolved.height; first += plan.rows_at_once) {
        const int rows = std::min(plan.rows_at_once, s.convolved.height - first);
        convolve_tile<C>(plan, first, rows, padded, weights + block * block_weights,
                         bias + channel * kLanes, sums);
        for (int y = 0; y < rows; y += 2) {
          const int out_y = (first + y) / 2;
          const size_t to =
              channel * out_pixels +
              (static_cast<size_t>(out_y + out_padding) * out_width + out_padding) * C;
          const size_t from =
              channel * s.out.width * s.out.height + static_cast<size_t>(out_y) * s.out.width * C;
          pool_rows<C>(plan, sums + static_cast<size_t>(y) * s.convolved.width * C * kLanes,
                       pooled + to * kLanes, origins + from * kLanes);
        }
      }
    });
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
