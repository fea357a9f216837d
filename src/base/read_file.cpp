#include "base/read_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "sweetspot/error.hpp"

namespace sweetspot {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw Error(ErrorKind::data, fmt::format("{}: {}", file.string(), what));
}

}  // namespace

std::vector<uint8_t> read_file(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) fail(file, "is a folder, not a file");
  std::ifstream in(file, std::ios::binary);
  if (!in) fail(file, fmt::format("cannot be opened: {}", std::strerror(errno)));
  std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(in)),
                             std::istreambuf_iterator<char>());
  if (in.bad()) fail(file, fmt::format("cannot be read: {}", std::strerror(errno)));
  return bytes;
}

std::string read_text_file(const std::string& file) {
  try {
    const std::vector<uint8_t> bytes = read_file(file);
    return {bytes.begin(), bytes.end()};
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, error.what());
  }
}

}  // namespace sweetspot
