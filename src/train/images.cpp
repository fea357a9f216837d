#include "train/images.hpp"

#include <algorithm>
#include <limits>

#include "sweetspot/error.hpp"

namespace sweetspot::train {
namespace {

constexpr size_t kReadPastEnd = 16;
constexpr size_t kPlacesPerByte = 8;

size_t padded_row(const ConvStage& first) {
  return static_cast<size_t>(first.padded_width()) * first.in.channels;
}

size_t padded_values(const ConvStage& first) {
  return padded_row(first) * static_cast<size_t>(first.padded_height());
}

size_t inked_row(const ConvStage& first) {
  return (static_cast<size_t>(first.out.width) + kPlacesPerByte - 1) / kPlacesPerByte;
}

}  // namespace

Images::Images(const Network& network, std::span<const uint8_t> pixels,
               std::span<const uint8_t> labels)
    : shape_(network.input), labels_(labels.begin(), labels.end()) {
  const ConvStage first = image_reader(stages_of(network));
  stride_ = padded_values(first);
  // The gradient kernels hold the distance between two images in 32 bits.
  if (stride_ * labels.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    throw Error(ErrorKind::data, "more than 2 GiB of pixels with their borders");
  }
  pixels_ = AlignedBuffer<uint8_t>(stride_ * labels.size() + kReadPastEnd);
  const size_t row = static_cast<size_t>(shape_.width) * shape_.channels;
  const uint8_t* from = pixels.data();
  for (size_t image = 0; image < labels_.size(); ++image) {
    uint8_t* to = pixels_.data() + image * stride_ + first.padding * padded_row(first) +
                  static_cast<size_t>(first.padding) * shape_.channels;
    for (int y = 0; y < shape_.height; ++y) {
      std::copy_n(from, row, to);
      from += row;
      to += padded_row(first);
    }
  }
  find_ink(first);
}

void Images::find_ink(const ConvStage& first) {
  inked_words_ = (inked_row(first) * first.out.height + sizeof(uint64_t) - 1) / sizeof(uint64_t);
  inked_.resize(inked_words_ * labels_.size());
  const size_t row = padded_row(first);
  const auto channels = static_cast<size_t>(first.in.channels);
  const auto pool = static_cast<size_t>(first.pool);
  const size_t rows = static_cast<size_t>(first.kernel) + pool - 1;  // that a place sees
  const size_t values = rows * channels;                             // of each of them
  std::vector<uint8_t> in_rows(row + values);  // any ink in a column of the rows that places see
  std::vector<uint8_t> in_place(row);          // and in any column of the place that begins here
  for (size_t image = 0; image < labels_.size(); ++image) {
    for (int y = 0; y < first.out.height; ++y) {
      std::fill(in_rows.begin(), in_rows.end(), uint8_t{0});
      std::fill(in_place.begin(), in_place.end(), uint8_t{0});
      const uint8_t* from = pixels_.data() + image * stride_ + pool * static_cast<size_t>(y) * row;
      for (size_t r = 0; r < rows; ++r) {
        for (size_t i = 0; i < row; ++i) in_rows[i] |= from[r * row + i];
      }
      for (size_t value = 0; value < values; ++value) {
        for (size_t i = 0; i < row; ++i) in_place[i] |= in_rows[i + value];
      }
      auto* bits =
          reinterpret_cast<uint8_t*>(inked_.data() + image * inked_words_) + inked_row(first) * y;
      for (size_t x = 0; x < static_cast<size_t>(first.out.width); ++x) {
        const unsigned inked = in_place[pool * x * channels] != 0 ? 1 : 0;
        bits[x / kPlacesPerByte] |= static_cast<uint8_t>(inked << x % kPlacesPerByte);
      }
    }
  }
}

}  // namespace sweetspot::train
