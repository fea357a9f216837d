// A labelled image data set in memory, and the experiment's split of it.
// Thread-safety: plain values and pure functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace sweetspot::data {

struct ImageSet {
  std::string name;
  int channels = 1;
  int height = 0;  // pixels
  int width = 0;   // pixels
  int classes = 0;
  std::vector<uint8_t> train_pixels;  // [image][y][x][channel]
  std::vector<uint8_t> train_labels;
  std::vector<uint8_t> test_pixels;  // never used for choosing
  std::vector<uint8_t> test_labels;
  std::string checksum;  // SHA-256 over the four arrays, hexadecimal
};

// The first images of the training file are held out for validation.
constexpr size_t kValidationImages = 5000;

struct LabelledPixels {
  std::span<const uint8_t> pixels;
  std::span<const uint8_t> labels;
};

struct Split {
  LabelledPixels training;
  LabelledPixels validation;
};

// 5,000 images for validation, or a twelfth of a set that is smaller than 60,000.
Split split(const ImageSet& set);

// Reads train-images-idx3-ubyte, train-labels-idx1-ubyte and the t10k- files, each plain or with
// .gz, from a folder. Throws Error (data): a file missing or damaged, images and labels that differ
// in number, images of different sizes.
ImageSet read_idx_folder(const std::string& name, const std::filesystem::path& folder);

}  // namespace sweetspot::data
