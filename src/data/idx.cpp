#include "data/idx.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/read_file.hpp"
#include "data/gzip.hpp"
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

IdxArray parse_idx(const std::string& name, const std::vector<uint8_t>& raw,
                   const IdxDimensions& allowed) {
  const auto header_of = [](int dimensions) { return 4 + 4 * static_cast<size_t>(dimensions); };
  // The header first: what it announces is the limit of what is inflated.
  const std::vector<uint8_t> head = inflated(name, raw, header_of(allowed.most)).bytes;
  const size_t least_header = header_of(allowed.least);
  if (head.empty()) fail(name, "is empty; an IDX file was expected");
  if (head.size() < least_header) {
    fail(name,
         fmt::format("is truncated: {} bytes, an IDX header has {}", head.size(), least_header));
  }
  const int dimensions = head[3];
  if (head[0] != 0 || head[1] != 0 || head[2] != kUnsignedByte || dimensions < allowed.least ||
      dimensions > allowed.most) {
    fail(name,
         fmt::format("wrong magic {:02x}{:02x}{:02x}{:02x}; expected 0000{:02x}{:02x} (unsigned "
                     "bytes, {} dimension{})",
                     head[0], head[1], head[2], head[3], kUnsignedByte, allowed.least,
                     allowed.least, allowed.least == 1 ? "" : "s"));
  }
  const size_t header = header_of(dimensions);
  if (head.size() < header) {
    fail(name, fmt::format("is truncated: {} bytes, its header has {}", head.size(), header));
  }
  IdxArray array;
  size_t elements = 1;
  for (int i = 0; i < dimensions; ++i) {
    array.sizes.push_back(big_endian(head.data() + 4 + 4 * static_cast<size_t>(i)));
    if (array.sizes.back() == 0) fail(name, fmt::format("dimension {} is 0", i + 1));
    if (elements > kMaxBytes / array.sizes.back()) fail(name, "announces more than 4 GiB");
    elements *= array.sizes.back();
  }
  if (is_gzipped(raw) && elements > most_inflated(raw.size())) {
    fail(name, fmt::format("announces {} bytes of data, which {} bytes of gzip do not hold",
                           elements, raw.size()));
  }
  Inflated whole = inflated(name, raw, header + elements);
  const size_t data = whole.bytes.size() - header;
  if (!whole.is_all) {
    fail(name, fmt::format("is too long: its header announces {} bytes of data", elements));
  }
  if (data < elements) {
    fail(name,
         fmt::format("is truncated: {} bytes of data, its header announces {}", data, elements));
  }
  whole.bytes.erase(whole.bytes.begin(), whole.bytes.begin() + static_cast<ptrdiff_t>(header));
  array.bytes = std::move(whole.bytes);
  return array;
}

IdxArray read_idx(const std::filesystem::path& file, const IdxDimensions& dimensions) {
  return parse_idx(file.string(), read_file(file), dimensions);
}

}  // namespace sweetspot::data
