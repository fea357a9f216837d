/// \file
/// A labelled image data set in memory, and the experiment's split of it.
/// Thread-safety: plain values and pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sweetspot/export.hpp"

namespace sweetspot::data {

struct ImageSet {
  std::string name;
  int channels = 1;
  int height = 0;  ///< pixels
  int width = 0;   ///< pixels
  int classes = 0;
  std::vector<uint8_t> train_pixels;  ///< [image][y][x][channel]
  std::vector<uint8_t> train_labels;
  std::vector<uint8_t> test_pixels;  ///< never used for choosing
  std::vector<uint8_t> test_labels;
  std::string checksum;  ///< SHA-256 over the four arrays, hexadecimal
};

/// The first images of the training file are held out for validation.
constexpr size_t kValidationImages = 5000;

struct LabelledPixels {
  std::span<const uint8_t> pixels;
  std::span<const uint8_t> labels;
};

struct Split {
  LabelledPixels training;
  LabelledPixels validation;
};

/// 5,000 images for validation, or a twelfth of a set that is smaller than 60,000.
SWEETSPOT_API Split split(const ImageSet& set);

/// A set of which the shape and the four arrays are known: counts its classes (the largest training
/// label, and 0, are among them) and takes its checksum. Throws Error (data): no training image,
/// pixels that are not as many as the labels say, fewer than two classes, a class without a
/// training image, which one damaged label would leave, a test label that is no class, images of
/// more than 256 pixels a side or 64 channels.
SWEETSPOT_API ImageSet checked(ImageSet set);

}  // namespace sweetspot::data
