#include "command/system_limits.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

namespace sweetspot::command {

uint64_t raise_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const uint64_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return before;
}

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == EAGAIN || error == ENOMEM;
}

std::string shortage_text(const std::string& what, int error) {
  const char* remedy = "";
  if (error == EMFILE) remedy = "; give a smaller --parallel, or a higher limit (ulimit -Hn)";
  if (error == EAGAIN) remedy = "; give a smaller --parallel, or a higher limit (ulimit -u)";
  if (error == ENFILE || error == ENOMEM) remedy = "; give a smaller --parallel";
  return fmt::format("{}: {}{}", what, std::strerror(error), remedy);
}

}  // namespace sweetspot::command
