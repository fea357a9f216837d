// How the forward pass of a convolution stage walks over an image, and what it reads and writes.
// Tensors [block of 4 channels][y][x][channel in block][lane]; the input is padded with zeros.
// Weights [block of 4 filters][block of 4 channels][ky][kx][channel in block][filter in block].
#if defined(SWEETSPOT_TRAIN_KERNELS_SHARED_CONV_PLAN_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_SHARED_CONV_PLAN_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_SHARED_CONV_PLAN_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_SHARED_CONV_PLAN_INL_HPP
#endif

#include <algorithm>
#include <limits>
#include <vector>

#include "train/kernels/shared/multiply_tile-inl.hpp"
#include "train/kernels/shared/nonzero_gradients-inl.hpp"
#include "train/stages.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Bytes of the first-level cache for sums that wait to be pooled, and for rows of the input.
constexpr size_t kFirstLevelSums = 12 << 10;
constexpr size_t kFirstLevelRows = 24 << 10;

// Windows of 2 x 2 places that are summed up for `columns` filters in registers; 0: none. With
// sixteen registers there is room for one, whose few sums would wait for one another.
constexpr int windows_at_once(int columns) {
  if (!kHas32Registers) return 0;
  return columns == kChannelBlock ? 1 : 2;
}

// A pooled place of some rows that are worked on at once.
struct Window {
  uint32_t pixel;  // its top left one, in those rows of the padded input
  uint32_t row;    // among the pooled ones
};

// How a stage's forward pass walks over the image: some rows at once.
struct ConvPlan {
  ConvStage stage;
  int lane_row = 0;              // floats of a row of a lane-major input, for origins
  int rows_at_once = 0;          // convolved rows
  std::vector<uint32_t> places;  // of these rows, in pixels of the padded input
  std::vector<Window> windows;   // of these rows
  std::vector<uint32_t> all;     // indices of either

  ConvPlan(const ConvStage& s, int lane_row_floats) : stage(s), lane_row(lane_row_floats) {
    if (pools_in_registers()) {
      choose_rows_of_windows();
    } else {
      choose_rows_of_sums();
    }
    for (int y = 0; y < rows_at_once; ++y) {
      for (int x = 0; x < s.convolved.width; ++x) {
        const auto pixel = static_cast<uint32_t>(y * s.padded_width() + x);
        all.push_back(static_cast<uint32_t>(places.size()));
        places.push_back(pixel);
        if (y % s.pool > 0 || x % s.pool > 0) continue;
        windows.push_back({pixel, static_cast<uint32_t>(y / s.pool)});
      }
    }
  }

  // Whether all places of a window are summed up in registers at once, and pooled there. More
  // channels' sums are taken block by block: their weights would not stay in the first-level cache.
  bool pools_in_registers() const {
    return stage.pool == 2 && channel_blocks(stage.in.channels) == 1 &&
           windows_at_once(std::min(kChannelBlock, stage.filters)) > 0;
  }

  // Rows of the input that stay in the first-level cache from when they are spread over the lanes.
  void choose_rows_of_windows() {
    const size_t row = static_cast<size_t>(stage.padded_width()) * stage.in.channels * kLanes;
    const auto most = static_cast<int>(kFirstLevelRows / sizeof(float) / row);
    const int rows = (most - stage.kernel + 1) / stage.pool * stage.pool;
    rows_at_once = std::clamp(rows, stage.pool, stage.convolved.height);
  }

  // Rows of whole windows whose sums stay in the first-level cache until they are pooled, and
  // whose places fill the tiles' rows best.
  void choose_rows_of_sums() {
    constexpr int kMostSums = static_cast<int>(kFirstLevelSums / (kLanes * sizeof(float)));
    const int columns = std::min(kChannelBlock, stage.filters);
    const int tile = tile_rows(columns);
    int least = std::numeric_limits<int>::max();
    for (int rows = stage.pool; rows <= stage.convolved.height; rows += stage.pool) {
      if (rows > stage.pool && rows * stage.convolved.width * columns > kMostSums) break;
      const auto groups = [&](int r) { return (r * stage.convolved.width + tile - 1) / tile; };
      const int left = stage.convolved.height % rows;
      const int all_groups =
          stage.convolved.height / rows * groups(rows) + (left > 0 ? groups(left) : 0);
      if (all_groups <= least) {
        least = all_groups;
        rows_at_once = rows;
      }
    }
  }

  size_t padded_pixels() const {
    return static_cast<size_t>(stage.padded_width()) * stage.padded_height();
  }
  // Floats of a row of the padded input's first block of channels.
  size_t padded_row() const {
    return static_cast<size_t>(stage.padded_width()) * block_size(stage.in.channels, 0) * kLanes;
  }
  // Room for one tile's sums, with those of places that pad the last group.
  size_t sums_floats() const {
    return pools_in_registers() ? 0 : (places.size() + 12) * kChannelBlock * kLanes;
  }
  // Room for the origins of the pooled places that are worked on at once, of a block of filters in
  // all lanes.
  size_t origin_rows_size() const { return windows.size() * kChannelBlock * kLanes; }
};

// The pooled places of an image that see anything but zeros, in any lane; the others' sums are
// known. Images of digits have ink in half of their places, those of all lanes in three quarters or
// more.
struct Ink {
  const uint8_t* places;  // a bit for each, as Images has them
  const float* blank;     // [filter][lane]: what a convolution of zeros gives
  uint32_t* list;         // scratch of plan.all.size() + kPlaces
};

// Which pooled values dropout keeps; `kept` has a bit a lane for each, [y][x][filter], or is null.
struct PooledDropout {
  const LaneMask* kept;
  float scale;
};

// Where conv_forward leaves the origins: a map for each filter of each lane's image; or where
// `vertical` is not null there, for all lanes together, [block of filters][y][x][filter][lane].
// `rows` is scratch of plan.origin_rows_size().
struct OriginMaps {
  Origin* lanes[kLanes];
  Origin* rows;
  Origin* vertical = nullptr;
};

// The image that conv_forward writes, [block][y][x][channel in block][lane]: its size with zero
// pixels around, of which `padding` are above and on the left.
struct OutputFrame {
  int padding;
  int width;
  int height;
};

// What the forward pass does at once: some rows of an image, a block of filters.
struct ForwardPart {
  int first_row;  // of the convolved ones
  int rows;
  const float* input;  // the first block of channels, from these rows on
  const float* weights;
  const float* bias;
  const Ink* ink;      // or null: every place is convolved
  const float* blank;  // what a convolution of zeros gives
};

// Where its pooled values go.
struct PooledRows {
  float* pooled;
  size_t gap;  // pixels of the output between the end of a row and the next one
  Origin* origins;
  PooledDropout dropout;
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
