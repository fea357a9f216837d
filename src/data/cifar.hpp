// The binary files of CIFAR-10 (Krizhevsky, Learning Multiple Layers of Features from Tiny Images,
// 2009): records of a label byte, then 1,024 red, 1,024 green and 1,024 blue bytes, row by row.
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sweetspot::data {

constexpr int kCifarSide = 32;  // pixels
constexpr int kCifarChannels = 3;

struct CifarBatch {
  std::vector<uint8_t> pixels;  // [image][y][x][channel]
  std::vector<uint8_t> labels;
};

// `name` stands for the file in messages. Throws Error (data): an empty file, a length that is no
// whole number of records, a label above 9.
CifarBatch parse_cifar_batch(const std::string& name, const std::vector<uint8_t>& bytes);

}  // namespace sweetspot::data
