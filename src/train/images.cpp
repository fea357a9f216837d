#include "train/images.hpp"

#include <algorithm>

namespace sweetspot::train {
namespace {

constexpr size_t kReadPastEnd = 16;

size_t padded_values(const ImageShape& shape, int padding) {
  return static_cast<size_t>(shape.width + 2 * padding) * (shape.height + 2 * padding) *
         shape.channels;
}

}  // namespace

Images::Images(const ImageShape& shape, int padding, std::span<const uint8_t> pixels,
               std::span<const uint8_t> labels)
    : shape_(shape),
      stride_(padded_values(shape, padding)),
      labels_(labels.begin(), labels.end()),
      pixels_(stride_ * labels.size() + kReadPastEnd) {
  const size_t row = static_cast<size_t>(shape.width) * shape.channels;
  const size_t padded_row = static_cast<size_t>(shape.width + 2 * padding) * shape.channels;
  const uint8_t* from = pixels.data();
  for (size_t image = 0; image < labels_.size(); ++image) {
    uint8_t* to = pixels_.data() + image * stride_ + padding * padded_row +
                  static_cast<size_t>(padding) * shape.channels;
    for (int y = 0; y < shape.height; ++y) {
      std::copy_n(from, row, to);
      from += row;
      to += padded_row;
    }
  }
}

}  // namespace sweetspot::train
