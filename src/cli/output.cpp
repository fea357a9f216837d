#include "cli/output.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>

#include "sweetspot/error.hpp"

namespace sweetspot::cli {

void take_output_errors() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

std::string output_trouble(int error) {
  if (error == EPIPE) {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  const std::string what = "standard output: cannot be written";
  return error != 0 ? what + ": " + std::strerror(error) : what;
}

void flush_output() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw Error(ErrorKind::system, output_trouble(errno));
}

void say_raw(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
  std::clearerr(stderr);
}

}  // namespace sweetspot::cli
