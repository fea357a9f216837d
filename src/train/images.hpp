// The images that trials train on, as the trainer reads them: bytes, with the zero border of the
// first convolution already around them. A whole training set of floats would be larger than any
// cache, and the trials of a block read it in eight places at once; the trainer divides by 255 as
// it reads. Thread-safety: immutable after construction.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_buffer.hpp"
#include "train/network.hpp"

namespace sweetspot::train {

class Images {
 public:
  // pixels: [image][y][x][channel], 0 to 255; labels: one an image, below the network's classes.
  Images(const ImageShape& shape, int padding, std::span<const uint8_t> pixels,
         std::span<const uint8_t> labels);

  const ImageShape& shape() const { return shape_; }
  uint32_t count() const { return static_cast<uint32_t>(labels_.size()); }
  int label(uint32_t image) const { return labels_[image]; }

  // [y][x][channel] with the border, 0 to 255; 16 bytes may be read past the end.
  const uint8_t* padded(uint32_t image) const { return pixels_.data() + image * stride_; }

 private:
  ImageShape shape_;
  size_t stride_;
  std::vector<uint8_t> labels_;
  AlignedBuffer<uint8_t> pixels_;
};

}  // namespace sweetspot::train
