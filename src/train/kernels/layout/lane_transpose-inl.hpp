// A stage's input from its vertical form ([block of 4 channels][y][x][channel in block][lane]) to
// the lane-major one ([lane][y][x][channel]), both padded.
#if defined(SWEETSPOT_TRAIN_KERNELS_LAYOUT_LANE_TRANSPOSE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_LAYOUT_LANE_TRANSPOSE_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_LAYOUT_LANE_TRANSPOSE_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_LAYOUT_LANE_TRANSPOSE_INL_HPP
#endif

#include <algorithm>
#include <array>
#include <vector>

#include "train/kernels/shared/transpose-inl.hpp"
#include "train/stages.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

class LaneTranspose {
 public:
  // Of the stage's input. lane_row: floats of a row of the lane-major form.
  LaneTranspose(const ConvStage& stage, size_t lane_row) {
    const ImageShape& shape = stage.in;
    const int padding = stage.padding;
    const int width = stage.padded_width();
    const int height = stage.padded_height();
    const int row = shape.width * shape.channels;
    for (int y = padding; y < padding + shape.height; ++y) {
      row_groups_.resize(static_cast<size_t>(y) + 1, groups_.size());
      for (int first = 0; first < row; first += static_cast<int>(kPlaces)) {
        // The last group of a row overlaps the one before it, so that it never leaves the row.
        const int start = std::max(0, std::min(first, row - static_cast<int>(kPlaces)));
        Group group;
        group.count = std::min(row, static_cast<int>(kPlaces));
        group.lane_offset = static_cast<uint32_t>(y * lane_row) +
                            static_cast<uint32_t>(padding * shape.channels + start);
        for (int i = 0; i < group.count; ++i) {
          const int x = padding + (start + i) / shape.channels;
          const int channel = (start + i) % shape.channels;
          const int block = channel / kChannelBlock;
          const int place = block * kChannelBlock * width * height +
                            (y * width + x) * block_size(shape.channels, block) +
                            channel % kChannelBlock;
          group.vertical_offsets[static_cast<size_t>(i)] =
              static_cast<uint32_t>(place) * static_cast<uint32_t>(kLanes);
        }
        groups_.push_back(group);
      }
    }
    row_groups_.resize(static_cast<size_t>(height) + 1, groups_.size());
  }

  // Rows of the padded image from `first` on, before `end`.
  HWY_INLINE void to_lanes(const float* vertical, int first, int end,
                           float* const (&lanes)[kLanes]) const {
    for (size_t g = row_groups_[static_cast<size_t>(first)];
         g < row_groups_[static_cast<size_t>(end)]; ++g) {
      const Group& group = groups_[g];
      for (size_t first_lane = 0; first_lane < kLanes; first_lane += kPlaces) {
        PlaceVector rows[kPlaces];
        for (size_t i = 0; i < kPlaces; ++i) {
          rows[i] = load_places(vertical + first_lane + group.vertical_offsets[i]);
        }
        transpose(rows);
        for (size_t i = 0; i < kPlaces; ++i) {
          float* to = lanes[first_lane + i] + group.lane_offset;
          if (group.count == static_cast<int>(kPlaces)) {
            hn::StoreU(rows[i], kPlaceTag, to);
          } else {
            HWY_ALIGN float values[kPlaces];
            store_places(rows[i], values);
            std::copy_n(values, group.count, to);
          }
        }
      }
    }
  }

 private:
  struct Group {
    uint32_t lane_offset = 0;
    int count = 0;
    std::array<uint32_t, kPlaces> vertical_offsets{};
  };
  std::vector<Group> groups_;
  std::vector<size_t> row_groups_;  // the first group of each row of the padded image, then the end
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
