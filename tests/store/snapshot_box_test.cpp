#include "store/snapshot_box.hpp"

#include <gtest/gtest.h>
#include <zstd.h>

#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

TEST(SnapshotBox, WhatWasPackedComesBack) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{100'000}}) {
    std::vector<uint8_t> bytes(size);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * i % 251);
    EXPECT_EQ(unpacked(packed(bytes)), bytes);
  }
  EXPECT_EQ(unpacked(packed(std::vector<uint8_t>(5'000'000))).size(), 5'000'000U);
}

// 109 KB that unpack to gigabytes took the gigabytes before they were refused.
TEST(SnapshotBox, WhatIsMadeToFillTheMemoryIsRefusedByWhatItAnnounces) {
  std::vector<uint8_t> box = packed(std::vector<uint8_t>(10));
  box.resize(box.size() - ZSTD_findFrameCompressedSize(box.data() + 72, box.size() - 72));
  std::vector<uint8_t> frame(1 << 20);
  const std::vector<uint8_t> zeros(size_t{200} << 20U);
  frame.resize(ZSTD_compress(frame.data(), frame.size(), zeros.data(), zeros.size(), 19));
  ASSERT_LT(frame.size(), 100'000U);
  box.insert(box.end(), frame.begin(), frame.end());
  EXPECT_THROW(unpacked(box), Error);
}

}  // namespace
}  // namespace sweetspot::store
