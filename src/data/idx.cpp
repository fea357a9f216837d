#include "data/idx.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <cstring>
#include <memory>

#include "base/read_file.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::data {
namespace {

constexpr uint8_t kUnsignedByte = 0x08;
constexpr size_t kMaxBytes = size_t{1} << 32;

[[noreturn]] void fail(const std::string& name, const std::string& what) {
  throw Error(ErrorKind::data, fmt::format("{}: {}", name, what));
}

uint32_t big_endian(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

}  // namespace

std::vector<uint8_t> gunzip(const std::string& name, const std::vector<uint8_t>& bytes) {
  if (bytes.size() < 2 || bytes[0] != 0x1F || bytes[1] != 0x8B) return bytes;
  if (bytes.size() > kMaxBytes - 1) fail(name, "is larger than 4 GiB");
  z_stream stream{};
  constexpr int kGzipWindow = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) fail(name, "cannot start to inflate");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  stream.next_in = const_cast<uint8_t*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::vector<uint8_t> inflated;
  std::vector<uint8_t> chunk(size_t{1} << 18);
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    stream.next_out = chunk.data();
    stream.avail_out = static_cast<uInt>(chunk.size());
    status = inflate(&stream, Z_NO_FLUSH);
    const size_t produced = chunk.size() - stream.avail_out;
    if (status != Z_OK && status != Z_STREAM_END) {
      fail(name, stream.avail_in == 0 ? "gzip stream is truncated" : "gzip stream is damaged");
    }
    if (status == Z_OK && produced == 0 && stream.avail_in == 0) {
      fail(name, "gzip stream is truncated");
    }
    inflated.insert(inflated.end(), chunk.begin(),
                    chunk.begin() + static_cast<ptrdiff_t>(produced));
    if (inflated.size() > kMaxBytes) fail(name, "inflates to more than 4 GiB");
  }
  return inflated;
}

IdxArray parse_idx(const std::string& name, const std::vector<uint8_t>& raw,
                   const IdxDimensions& allowed) {
  const std::vector<uint8_t> bytes = gunzip(name, raw);
  const size_t least_header = 4 + 4 * static_cast<size_t>(allowed.least);
  if (bytes.empty()) fail(name, "is empty; an IDX file was expected");
  if (bytes.size() < least_header) {
    fail(name,
         fmt::format("is truncated: {} bytes, an IDX header has {}", bytes.size(), least_header));
  }
  const int dimensions = bytes[3];
  if (bytes[0] != 0 || bytes[1] != 0 || bytes[2] != kUnsignedByte || dimensions < allowed.least ||
      dimensions > allowed.most) {
    fail(name,
         fmt::format("wrong magic {:02x}{:02x}{:02x}{:02x}; expected 0000{:02x}{:02x} (unsigned "
                     "bytes, {} dimension{})",
                     bytes[0], bytes[1], bytes[2], bytes[3], kUnsignedByte, allowed.least,
                     allowed.least, allowed.least == 1 ? "" : "s"));
  }
  const size_t header = 4 + 4 * static_cast<size_t>(dimensions);
  if (bytes.size() < header) {
    fail(name, fmt::format("is truncated: {} bytes, its header has {}", bytes.size(), header));
  }
  IdxArray array;
  size_t elements = 1;
  for (int i = 0; i < dimensions; ++i) {
    array.sizes.push_back(big_endian(bytes.data() + 4 + 4 * static_cast<size_t>(i)));
    if (array.sizes.back() == 0) fail(name, fmt::format("dimension {} is 0", i + 1));
    if (elements > kMaxBytes / array.sizes.back()) fail(name, "announces more than 4 GiB");
    elements *= array.sizes.back();
  }
  if (bytes.size() - header != elements) {
    fail(name, fmt::format("{}: {} bytes of data, its header announces {}",
                           bytes.size() - header < elements ? "is truncated" : "is too long",
                           bytes.size() - header, elements));
  }
  array.bytes.assign(bytes.begin() + static_cast<ptrdiff_t>(header), bytes.end());
  return array;
}

IdxArray read_idx(const std::filesystem::path& file, const IdxDimensions& dimensions) {
  return parse_idx(file.string(), read_file(file), dimensions);
}

}  // namespace sweetspot::data
