#include "store/snapshot_box.hpp"

#include <zstd.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/sha256.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

constexpr std::string_view kMagic = "SSWBOX1\n";
constexpr size_t kHashSize = 64;  // hexadecimal
// Weights hardly get smaller, however hard one tries.
constexpr int kLevel = 1;
// Of a snapshot: the largest network that a lane can hold is far below.
constexpr unsigned long long kMostBytes = 1ULL << 33U;
// Weights hardly get smaller, their optimizer's numbers may all be 0; what announces more is made
// to fill the memory.
constexpr unsigned long long kMostRatio = 1000;
constexpr unsigned long long kAlwaysAllowed = 1ULL << 26U;

[[noreturn]] void fail() {
  throw Error(ErrorKind::study, "a trial's snapshot is damaged: it is not what was written");
}

}  // namespace

std::vector<uint8_t> packed(std::span<const uint8_t> snapshot) {
  const size_t head = kMagic.size() + kHashSize;
  std::vector<uint8_t> box(head + ZSTD_compressBound(snapshot.size()));
  const std::string hash = sha256_hex(snapshot);
  std::copy(hash.begin(), hash.end(), std::copy(kMagic.begin(), kMagic.end(), box.begin()));
  const size_t size =
      ZSTD_compress(box.data() + head, box.size() - head, snapshot.data(), snapshot.size(), kLevel);
  box.resize(head + size);
  return box;
}

std::vector<uint8_t> unpacked(std::span<const uint8_t> box) {
  const size_t head = kMagic.size() + kHashSize;
  if (box.size() < kMagic.size() || !std::equal(kMagic.begin(), kMagic.end(), box.begin())) {
    return {box.begin(), box.end()};
  }
  if (box.size() < head) fail();
  const std::span<const uint8_t> frame = box.subspan(head);
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  const unsigned long long most =
      std::min(kMostBytes, std::max(kAlwaysAllowed, frame.size() * kMostRatio));
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > most) {
    fail();
  }
  std::vector<uint8_t> snapshot(size);
  const size_t got = ZSTD_decompress(snapshot.data(), snapshot.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) != 0 || got != size) fail();
  const std::string hash(box.begin() + static_cast<std::ptrdiff_t>(kMagic.size()),
                         box.begin() + static_cast<std::ptrdiff_t>(head));
  if (sha256_hex(snapshot) != hash) fail();
  return snapshot;
}

}  // namespace sweetspot::store
