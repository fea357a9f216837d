// Small data sets for tests: images that can be learnt, in memory or as IDX files.
#pragma once

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "support/temporary_folder.hpp"
#include "sweetspot/image_set.hpp"

namespace sweetspot::testing_support {

// Each of ten classes has a pattern of its own under noise.
inline data::ImageSet synthetic_set(int side = 12, int train = 600, int test = 60) {
  data::ImageSet set;
  set.name = "synthetic";
  set.height = side;
  set.width = side;
  set.classes = 10;
  set.checksum = "synthetic";
  std::mt19937 random(5);
  const auto size = static_cast<size_t>(side * side);
  std::vector<std::vector<int>> patterns(10);
  for (auto& pattern : patterns) {
    for (size_t i = 0; i < size; ++i) pattern.push_back(random() % 4 == 0 ? 160 : 0);
  }
  const auto fill = [&](int count, std::vector<uint8_t>& pixels, std::vector<uint8_t>& labels) {
    for (int i = 0; i < count; ++i) {
      const auto label = static_cast<uint8_t>(random() % 10);
      labels.push_back(label);
      for (size_t p = 0; p < size; ++p) {
        pixels.push_back(
            static_cast<uint8_t>(patterns[label][p] + static_cast<int>(random() % 96)));
      }
    }
  };
  fill(train, set.train_pixels, set.train_labels);
  fill(test, set.test_pixels, set.test_labels);
  return set;
}

inline std::string idx_bytes(const std::vector<uint32_t>& sizes,
                             const std::vector<uint8_t>& values) {
  std::string bytes = {0, 0, 8, static_cast<char>(sizes.size())};
  for (const uint32_t size : sizes) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 0xFFU);
  }
  bytes.append(values.begin(), values.end());
  return bytes;
}

inline void write_file(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

// The set as the four IDX files of a folder.
inline void write_idx_folder(const data::ImageSet& set, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const auto part = [&](const std::string& prefix, const std::vector<uint8_t>& pixels,
                        const std::vector<uint8_t>& labels) {
    const auto count = static_cast<uint32_t>(labels.size());
    write_file(
        folder / (prefix + "-images-idx3-ubyte"),
        idx_bytes({count, static_cast<uint32_t>(set.height), static_cast<uint32_t>(set.width)},
                  pixels));
    write_file(folder / (prefix + "-labels-idx1-ubyte"), idx_bytes({count}, labels));
  };
  part("train", set.train_pixels, set.train_labels);
  part("t10k", set.test_pixels, set.test_labels);
}

}  // namespace sweetspot::testing_support
