#include "store/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sweetspot/error.hpp"

namespace sweetspot::store {

FileLock::FileLock(const std::filesystem::path& file, bool is_shared)
    : descriptor_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) {
    throw Error(ErrorKind::system, fmt::format("{}: cannot be opened for writing: {}",
                                               file.string(), std::strerror(errno)));
  }
  if (flock(descriptor_, (is_shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
    const int reason = errno;
    close(descriptor_);
    if (reason == EWOULDBLOCK) {
      throw Error(ErrorKind::study,
                  fmt::format("{}: another process is training on this study; wait for it or stop "
                              "it (show and report work meanwhile)",
                              file.string()));
    }
    throw Error(ErrorKind::system,
                fmt::format("{}: cannot be locked: {}", file.string(), std::strerror(reason)));
  }
}

FileLock::~FileLock() {
  close(descriptor_);
}

}  // namespace sweetspot::store
