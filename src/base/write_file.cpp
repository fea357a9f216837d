#include "base/write_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
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

namespace {

// False, with errno, where it cannot be brought to the disk. Some file systems know no such thing.
bool bring_to_disk(const fs::path& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool is_kept = fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP;
  const int reason = errno;
  close(descriptor);
  errno = reason;
  return is_kept;
}

}  // namespace

fs::path unfinished(const fs::path& file) {
  return file.string() + fmt::format(".{}.part", getpid());
}

void put_in_place(const fs::path& part, const fs::path& file) {
  std::error_code ignored;
  if (!bring_to_disk(part, 0) || std::rename(part.c_str(), file.c_str()) != 0) {
    const std::string why = std::strerror(errno);
    fs::remove(part, ignored);
    fail(file, why);
  }
  // A folder that cannot be opened to read may still be written into.
  const fs::path folder = fs::absolute(file, ignored).parent_path();
  if (!bring_to_disk(folder, O_DIRECTORY) && errno != EACCES) fail(file, std::strerror(errno));
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
  if (!write_bytes(part, bytes)) {
    const std::string why = std::strerror(errno);
    fs::remove(part, error);
    fail(file, why);
  }
  put_in_place(part, target);
}

}  // namespace sweetspot
