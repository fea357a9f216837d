// The rows of the lanes' images that the first convolution is about to read, in their vertical
// form: a few at a time in one small buffer, since all of an image's would fill the first-level
// cache, and each of them would be fetched from the second before it is written.
#if defined(SWEETSPOT_TRAIN_KERNELS_LAYOUT_PIXEL_ROWS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_LAYOUT_PIXEL_ROWS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_LAYOUT_PIXEL_ROWS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_LAYOUT_PIXEL_ROWS_INL_HPP
#endif

#include <algorithm>

#include "base/aligned_buffer.hpp"
#include "train/kernels/layout/pixel_transpose-inl.hpp"
#include "train/kernels/shared/conv_plan-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

class PixelRows {
 public:
  PixelRows() = default;
  explicit PixelRows(const ConvPlan& plan)
      : padding_(plan.stage.padding),
        image_end_(plan.stage.padding + plan.stage.in.height),
        capacity_(plan.stage.padded_height()),
        row_(plan.padded_row()) {
    if (channel_blocks(plan.stage.in.channels) == 1) {
      const auto cached = static_cast<int>(kFirstLevelRows / sizeof(float) / row_);
      const int needed = plan.rows_at_once + plan.stage.kernel - 1;
      capacity_ = std::min(capacity_, std::max(cached, needed));
    }
    rows_ = AlignedBuffer<float>(static_cast<size_t>(capacity_) * plan.stage.padded_width() *
                                 plan.stage.in.channels * kLanes);
  }

  // Before the first rows of other images.
  void begin() { first_ = end_ = 0; }

  // Where row `first` of the padded images lies, those before `end` behind it: at most as many as
  // the plan works on at once, and none above the rows asked for before.
  HWY_INLINE const float* rows(const PixelTranspose& transpose, const LanePixels& pixels, int first,
                               int end) {
    if (end - first_ > capacity_) keep_from(first);
    if (end > end_) {
      clear_border(end_, std::min(end, padding_));
      clear_border(std::max(end_, image_end_), end);
      transpose.to_vertical(pixels, end_, end, first_ * row_, rows_.data());
      end_ = end;
    }
    return rows_.data() + (first - first_) * row_;
  }

  size_t size() const { return rows_.size(); }

 private:
  void keep_from(int first) {
    std::copy(rows_.data() + (first - first_) * row_, rows_.data() + (end_ - first_) * row_,
              rows_.data());
    first_ = first;
  }
  // Rows that other images' may have been in. The left and right border is never written to.
  void clear_border(int first, int end) {
    if (first >= end) return;
    std::fill(rows_.data() + (first - first_) * row_, rows_.data() + (end - first_) * row_, 0.0F);
  }

  int padding_ = 0;
  int image_end_ = 0;
  int capacity_ = 0;  // rows; all, where the channels' blocks lie one behind the other
  size_t row_ = 0;    // floats
  int first_ = 0;     // the rows that are there
  int end_ = 0;
  AlignedBuffer<float> rows_;
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
