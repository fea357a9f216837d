#include "base/write_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "sweetspot/error.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;

bool write_bytes(const fs::path& file, std::string_view bytes) {
  std::ofstream out(file, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.flush();
  return static_cast<bool>(out);
}

[[noreturn]] void fail(const fs::path& file, const std::string& why) {
  throw Error(ErrorKind::system, fmt::format("{}: cannot be written: {}", file.string(), why));
}

}  // namespace

fs::path unfinished(const fs::path& file) {
  return file.string() + fmt::format(".{}.part", getpid());
}

void write_file(const fs::path& file, std::string_view bytes) {
  std::error_code error;
  // A rename would put a file in the place of the device, or of the link.
  const bool is_there = fs::exists(file, error);
  if (is_there && !fs::is_regular_file(file, error)) {
    if (!write_bytes(file, bytes)) fail(file, std::strerror(errno));
    return;
  }
  const fs::path target = is_there ? fs::canonical(file, error) : file;
  if (error && is_there) fail(file, error.message());
  const fs::path part = unfinished(target);
  const bool written = write_bytes(part, bytes);
  const std::string why = std::strerror(errno);
  error.clear();
  if (written) fs::rename(part, target, error);
  if (!written || error) {
    const std::string reason = error ? error.message() : why;
    fs::remove(part, error);
    fail(file, reason);
  }
}

}  // namespace sweetspot
