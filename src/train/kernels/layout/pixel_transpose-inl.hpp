// The network's input from bytes, image by image, to the vertical form: floats,
// [block of 4 channels][y][x][channel in block][lane], padded.
#if defined(SWEETSPOT_TRAIN_KERNELS_LAYOUT_PIXEL_TRANSPOSE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_LAYOUT_PIXEL_TRANSPOSE_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_LAYOUT_PIXEL_TRANSPOSE_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_LAYOUT_PIXEL_TRANSPOSE_INL_HPP
#endif

#include <algorithm>
#include <vector>

#include "train/kernels/layout/pixels-inl.hpp"
#include "train/kernels/shared/vector-inl.hpp"
#include "train/stages.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Bytes of as many pixels as a block of 128 bits holds, of four lanes a block: lane % 4 chooses the
// vector, lane / 4 the block.
constexpr int kPixelsAtOnce = 16;
constexpr int kPixelVectors = 4;
using ByteTag = hn::Repartition<uint8_t, LaneTag>;
constexpr ByteTag kByteTag;
using ByteVector = hn::Vec<ByteTag>;

template <size_t kBytes>
HWY_INLINE hn::Vec<hn::FixedTag<uint8_t, kBytes>> load_pixels(const uint8_t* const (&lanes)[kLanes],
                                                              size_t lane, size_t offset) {
  constexpr hn::FixedTag<uint8_t, kBytes> tag;
  if constexpr (kBytes == kPixelsAtOnce) {
    return hn::LoadU(tag, lanes[lane] + offset);
  } else {
    constexpr size_t kHalf = kBytes / 2;
    return hn::Combine(tag, load_pixels<kHalf>(lanes, lane + kHalf / 4, offset),
                       load_pixels<kHalf>(lanes, lane, offset));
  }
}

// The indices by which a block of bytes [pixel of four][lane of four] gives one of these pixels as
// whole numbers; an index of 128 or more gives zero.
template <int kPixel>
HWY_INLINE ByteVector pixel_indices() {
  HWY_ALIGN static constexpr uint32_t kBlock[4] = {
      0x80808000U + 4 * kPixel, 0x80808001U + 4 * kPixel, 0x80808002U + 4 * kPixel,
      0x80808003U + 4 * kPixel};
  return hn::BitCast(kByteTag, hn::LoadDup128(hn::Repartition<uint32_t, LaneTag>(), kBlock));
}

// function(pixel, vector) for each of the sixteen pixels that begin at lanes[lane] + offset: those
// of all lanes, divided by 255.
template <class Function>
HWY_INLINE void for_each_pixel(const uint8_t* const (&lanes)[kLanes], size_t offset,
                               const Function& function) {
  ByteVector of_lanes[kPixelVectors];
  unroll<kPixelVectors>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
    of_lanes[i] = load_pixels<4 * kLanes>(lanes, i, offset);
  });
  const ByteVector low_even = hn::InterleaveLower(kByteTag, of_lanes[0], of_lanes[2]);
  const ByteVector low_odd = hn::InterleaveLower(kByteTag, of_lanes[1], of_lanes[3]);
  const ByteVector high_even = hn::InterleaveUpper(kByteTag, of_lanes[0], of_lanes[2]);
  const ByteVector high_odd = hn::InterleaveUpper(kByteTag, of_lanes[1], of_lanes[3]);
  const ByteVector of_pixels[kPixelsAtOnce / 4] = {
      hn::InterleaveLower(kByteTag, low_even, low_odd),
      hn::InterleaveUpper(kByteTag, low_even, low_odd),
      hn::InterleaveLower(kByteTag, high_even, high_odd),
      hn::InterleaveUpper(kByteTag, high_even, high_odd)};
  unroll<kPixelsAtOnce>([&](auto pixel) SWEETSPOT_INLINE_LAMBDA {
    const auto whole = hn::TableLookupBytesOr0(of_pixels[pixel / 4], pixel_indices<pixel % 4>());
    function(pixel, scaled_pixels(hn::BitCast(kLaneIntTag, whole)));
  });
}

// Where the lanes' images lie, as Images has them, and those that come after them.
struct LanePixels {
  const uint8_t* chosen[kLanes];
  const uint8_t* next[kLanes];
};

class PixelTranspose {
 public:
  // Of the images that `reader` reads, as Images has them.
  explicit PixelTranspose(const ConvStage& reader) {
    const ImageShape& shape = reader.in;
    const int width = reader.padded_width();
    const int height = reader.padded_height();
    const int row = shape.width * shape.channels;
    keeps_order_ = channel_blocks(shape.channels) == 1 && row >= kPixelsAtOnce;
    for (int y = reader.padding; y < reader.padding + shape.height; ++y) {
      row_groups_.resize(static_cast<size_t>(y) + 1, groups_.size());
      for (int first = 0; first < row; first += kPixelsAtOnce) {
        // The last group of a row overlaps the one before it, so that it never leaves the row.
        const int start = std::max(0, std::min(first, row - kPixelsAtOnce));
        Group group;
        group.first = static_cast<uint32_t>((y * width + reader.padding) * shape.channels + start);
        group.count = std::min(row, kPixelsAtOnce);
        group.begins_line = groups_.empty() || group.first / kLine != groups_.back().first / kLine;
        groups_.push_back(group);
      }
    }
    row_groups_.resize(static_cast<size_t>(height) + 1, groups_.size());
    if (!keeps_order_) find_places(width, height, shape.channels);
  }

  // Rows of the padded image from `first` on, before `end`, without their border; `vertical` begins
  // `skipped` floats behind the whole image's. Those of the next images are fetched meanwhile: the
  // images lie at random places of a set that is larger than any cache, and all at once would be
  // more than the processor fetches beside its work.
  HWY_INLINE void to_vertical(const LanePixels& pixels, int first, int end, size_t skipped,
                              float* vertical) const {
    for (size_t g = row_groups_[static_cast<size_t>(first)];
         g < row_groups_[static_cast<size_t>(end)]; ++g) {
      const Group& group = groups_[g];
      if (group.begins_line) {
        for (const uint8_t* image : pixels.next) prefetch(image + group.first);
      }
      if (keeps_order_) {
        float* to = vertical + (group.first * kLanes - skipped);
        for_each_pixel(pixels.chosen, group.first,
                       [&](int pixel, LaneVector values)
                           SWEETSPOT_INLINE_LAMBDA { store(values, to + pixel * kLanes); });
      } else {
        for_each_pixel(
            pixels.chosen, group.first, [&](int pixel, LaneVector values) SWEETSPOT_INLINE_LAMBDA {
              if (pixel >= group.count) return;
              store(values, vertical + (places_[group.first + pixel] * kLanes - skipped));
            });
      }
    }
  }

 private:
  static constexpr size_t kLine = 64;  // bytes of the caches

  // Where an image of several blocks of channels, or of short rows, has each of its pixels.
  void find_places(int width, int height, int channels) {
    for (int pixel = 0; pixel < width * height; ++pixel) {
      for (int channel = 0; channel < channels; ++channel) {
        const int block = channel / kChannelBlock;
        places_.push_back(static_cast<uint32_t>(block * kChannelBlock * width * height +
                                                pixel * block_size(channels, block) +
                                                channel % kChannelBlock));
      }
    }
  }

  // Into the second-level cache: the first is full. Inlined, since g++ 12 drops calls of this.
  static HWY_INLINE void prefetch(const uint8_t* from) {
    constexpr int kSecondLevel = 2;
    __builtin_prefetch(from, 0, kSecondLevel);
  }

  struct Group {
    uint32_t first = 0;  // pixel of the padded image
    int count = 0;
    bool begins_line = false;
  };
  std::vector<Group> groups_;
  std::vector<size_t> row_groups_;  // the first group of each row of the padded image, then the end
  bool keeps_order_ = false;        // pixels come in the same order in both forms, in whole groups
  std::vector<uint32_t> places_;    // of each pixel, where they do not
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
