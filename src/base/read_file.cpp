#include "base/read_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "sweetspot/error.hpp"

namespace sweetspot {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw Error(ErrorKind::data, fmt::format("{}: {}", file.string(), what));
}

// A device or a pipe may have no end.
std::vector<uint8_t> read_at_most(const std::filesystem::path& file, size_t most) {
  if (std::filesystem::is_directory(file)) fail(file, "is a folder, not a file");
  std::ifstream in(file, std::ios::binary);
  if (!in) fail(file, fmt::format("cannot be opened: {}", std::strerror(errno)));
  // In pieces, since not everything that can be read has a size.
  constexpr size_t kPiece = size_t{1} << 20;
  std::vector<uint8_t> bytes;
  while (in) {
    const size_t before = bytes.size();
    bytes.resize(before + kPiece);
    in.read(reinterpret_cast<char*>(bytes.data() + before), kPiece);
    bytes.resize(before + static_cast<size_t>(in.gcount()));
    if (bytes.size() > most) fail(file, fmt::format("is larger than {} MiB", most >> 20U));
  }
  if (in.bad()) fail(file, fmt::format("cannot be read: {}", std::strerror(errno)));
  return bytes;
}

}  // namespace

std::vector<uint8_t> read_file(const std::filesystem::path& file) {
  return read_at_most(file, size_t{1} << 32);
}

std::string read_text_file(const std::string& file) {
  try {
    const std::vector<uint8_t> bytes = read_at_most(file, size_t{1} << 24);
    return {bytes.begin(), bytes.end()};
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, error.what());
  }
}

}  // namespace sweetspot
