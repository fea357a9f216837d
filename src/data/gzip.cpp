#include "data/gzip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "sweetspot/error.hpp"

namespace sweetspot::data {
namespace {

constexpr std::array<uint8_t, 2> kMagic = {0x1F, 0x8B};
constexpr size_t kChunk = size_t{1} << 18;
constexpr uint64_t kMostBytes = uint64_t{1} << 32;
// Images get 2 to 50 times smaller, what is made to fill the memory 1,000 times. Small sets may be
// blank.
constexpr uint64_t kMostRatio = 200;
constexpr uint64_t kAlwaysAllowed = uint64_t{1} << 27;

class Members {
 public:
  Members(const std::string& name, const std::vector<uint8_t>& bytes) : name_(name) {
    if (bytes.size() >= kMostBytes) fail("is larger than 4 GiB");
    constexpr int kGzipWindow = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipWindow) != Z_OK) fail("cannot start to inflate");
    guard_.reset(&stream_);
    stream_.next_in = const_cast<uint8_t*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
  }

  // Appends what comes next; false at the end of the last member.
  bool next(std::vector<uint8_t>& to) {
    if (is_between_ && !begin_member()) return false;
    const size_t before = to.size();
    to.resize(before + kChunk);
    stream_.next_out = to.data() + before;
    stream_.avail_out = static_cast<uInt>(kChunk);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    to.resize(before + kChunk - stream_.avail_out);
    if (status == Z_STREAM_END) {
      is_between_ = true;
      ++member_;
    } else if (status == Z_BUF_ERROR || (status == Z_OK && stream_.avail_out > 0)) {
      // No more input, and the output was not full.
      fail_member("is truncated");
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK) {
      fail_member("is damaged");
    }
    return true;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::data, fmt::format("{}: {}", name_, what));
  }

 private:
  // False where nothing but padding is left.
  bool begin_member() {
    while (stream_.avail_in > 0 && *stream_.next_in == 0) {
      ++stream_.next_in;
      --stream_.avail_in;
    }
    if (stream_.avail_in == 0) return false;
    const size_t given = std::min<size_t>(stream_.avail_in, kMagic.size());
    if (!std::equal(kMagic.begin(), kMagic.begin() + given, stream_.next_in)) {
      fail(fmt::format("{} bytes behind the end of the gzip stream are neither gzip nor zero",
                       stream_.avail_in));
    }
    inflateReset(&stream_);
    is_between_ = false;
    return true;
  }

  [[noreturn]] void fail_member(const std::string& what) const {
    fail(member_ == 0 ? "gzip stream " + what
                      : fmt::format("gzip stream {}, in its member {}", what, member_ + 1));
  }

  const std::string& name_;
  z_stream stream_{};
  std::unique_ptr<z_stream, int (*)(z_stream*)> guard_{nullptr, inflateEnd};
  bool is_between_ = false;
  size_t member_ = 0;
};

}  // namespace

bool is_gzipped(const std::vector<uint8_t>& bytes) {
  return bytes.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), bytes.begin());
}

uint64_t most_inflated(size_t packed) {
  return std::min(kMostBytes, std::max(kAlwaysAllowed, packed * kMostRatio));
}

Inflated inflated(const std::string& name, const std::vector<uint8_t>& bytes, uint64_t most) {
  if (!is_gzipped(bytes)) {
    const uint64_t count = std::min<uint64_t>(most, bytes.size());
    return {{bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(count)}, count == bytes.size()};
  }
  const uint64_t limit = most_inflated(bytes.size());
  Members members(name, bytes);
  Inflated all;
  while (members.next(all.bytes)) {
    if (all.bytes.size() > most) {
      all.bytes.resize(most);
      all.is_all = false;
      break;
    }
    if (all.bytes.size() > limit) {
      members.fail(fmt::format("inflates from {} to more than {} bytes, which no images do",
                               bytes.size(), limit));
    }
  }
  return all;
}

std::vector<uint8_t> gunzip(const std::string& name, const std::vector<uint8_t>& bytes) {
  return inflated(name, bytes, std::numeric_limits<uint64_t>::max()).bytes;
}

}  // namespace sweetspot::data
