#include "data/cifar.hpp"

#include <gtest/gtest.h>

#include "sweetspot/error.hpp"

namespace sweetspot::data {
namespace {

// An image whose value at (y, x, channel) is y + 2 x + 5 channel, written plane by plane.
std::vector<uint8_t> record(uint8_t label) {
  std::vector<uint8_t> bytes = {label};
  for (int channel = 0; channel < 3; ++channel) {
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 32; ++x) bytes.push_back(static_cast<uint8_t>(y + 2 * x + 5 * channel));
    }
  }
  return bytes;
}

std::string refusal(const std::vector<uint8_t>& bytes) {
  try {
    parse_cifar_batch("data_batch_1.bin", bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.what();
  }
  return "none";
}

TEST(Cifar, PlanesBecomeChannels) {
  std::vector<uint8_t> bytes = record(7);
  const std::vector<uint8_t> second = record(0);
  bytes.insert(bytes.end(), second.begin(), second.end());
  const CifarBatch batch = parse_cifar_batch("file", bytes);
  EXPECT_EQ(batch.labels, (std::vector<uint8_t>{7, 0}));
  ASSERT_EQ(batch.pixels.size(), 2U * 3072);
  for (const size_t image : {size_t{0}, size_t{1}}) {
    for (const int y : {0, 3, 31}) {
      for (const int x : {0, 4, 31}) {
        for (const int channel : {0, 1, 2}) {
          const size_t at = image * 3072 + static_cast<size_t>((y * 32 + x) * 3 + channel);
          EXPECT_EQ(batch.pixels[at], y + 2 * x + 5 * channel);
        }
      }
    }
  }
}

TEST(Cifar, RefusesDamageInOneLineThatSaysWhat) {
  EXPECT_EQ(refusal({}), "data_batch_1.bin: is empty; CIFAR-10 records were expected");
  std::vector<uint8_t> bytes = record(1);
  bytes.pop_back();
  EXPECT_EQ(refusal(bytes),
            "data_batch_1.bin: 3072 bytes are no whole number of records of 3073 bytes: 3072 are "
            "left after 0 records");
  EXPECT_EQ(refusal(record(10)), "data_batch_1.bin: record 0 has label 10; labels are 0 to 9");
}

}  // namespace
}  // namespace sweetspot::data
