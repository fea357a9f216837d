#include "base/descriptors.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sweetspot/error.hpp"

namespace sweetspot {

void hold_standard_descriptors() {
  const auto is_closed = [](int descriptor) {
    return fcntl(descriptor, F_GETFD) < 0 && errno == EBADF;
  };
  while (is_closed(STDIN_FILENO) || is_closed(STDOUT_FILENO) || is_closed(STDERR_FILENO)) {
    // The lowest that is closed.
    const int opened = open("/dev/null", O_RDWR);
    if (opened < 0) {
      throw Error(ErrorKind::system,
                  fmt::format("/dev/null: cannot be opened in the place of standard input, output "
                              "or error, of which one is closed: {}",
                              std::strerror(errno)));
    }
    if (opened > STDERR_FILENO) close(opened);  // another thread was first
  }
}

}  // namespace sweetspot
