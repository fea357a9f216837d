// The images that trials train on, as the trainer reads them: bytes, with the zero border of the
// first convolution already around them. A whole training set of floats would be larger than any
// cache, and the trials of a block read it in eight places at once; the trainer divides by 255.
// Thread-safety: immutable after construction.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_buffer.hpp"
#include "train/stages.hpp"

namespace sweetspot::train {

class Images {
 public:
  // pixels: [image][y][x][channel], 0 to 255; labels: one an image, below the network's classes.
  // Throws Error (data) for more than 2 GiB of pixels with their borders.
  Images(const Network& network, std::span<const uint8_t> pixels, std::span<const uint8_t> labels);

  const ImageShape& shape() const { return shape_; }
  uint32_t count() const { return static_cast<uint32_t>(labels_.size()); }
  int label(uint32_t image) const { return labels_[image]; }

  // [y][x][channel] with the border, 0 to 255; 16 bytes may be read past the end.
  const uint8_t* padded(uint32_t image) const { return pixels_.data() + image * stride_; }

  size_t padded_bytes() const { return stride_; }

  // A bit for each pooled place of the first convolution: whether any pixel that it sees is not
  // zero. Bytes [y][eight places], each row filled up with zeros; in whole words.
  const uint64_t* inked(uint32_t image) const { return inked_.data() + image * inked_words_; }
  size_t inked_words() const { return inked_words_; }

 private:
  void find_ink(const ConvStage& first);

  ImageShape shape_;
  size_t stride_ = 0;       // bytes
  size_t inked_words_ = 0;  // of an image
  std::vector<uint8_t> labels_;
  AlignedBuffer<uint8_t> pixels_;
  std::vector<uint64_t> inked_;
};

}  // namespace sweetspot::train
