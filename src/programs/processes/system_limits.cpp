#include "programs/processes/system_limits.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::programs {

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

namespace {

// Of a trial that runs: lifeline, status, output, errors, report file.
constexpr uint64_t kFilesOfATrial = 5;
// While one begins, its program's ends, too; while one ends, its log, its checkpoint, the
// database's own.
constexpr uint64_t kFilesNowAndThen = 10;

std::optional<uint64_t> open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator list("/proc/self/fd", error);
  if (error) return std::nullopt;
  return static_cast<uint64_t>(std::distance(begin(list), end(list))) - 1;  // the list's own
}

}  // namespace

void require_open_files(size_t parallel) {
  rlimit limit{};
  const std::optional<uint64_t> now = open_files();
  if (parallel == 0 || !now.has_value() || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const uint64_t always = *now + kFilesNowAndThen;
  const uint64_t needed = always + kFilesOfATrial * parallel;
  if (needed <= limit.rlim_cur) return;
  const uint64_t possible =
      limit.rlim_cur > always ? (limit.rlim_cur - always) / kFilesOfATrial : 0;
  throw Error(
      ErrorKind::system,
      fmt::format("{} side by side need {} open files, and the limit is {}: give {}a limit of at "
                  "least {} (ulimit -Hn); all that was kept stands",
                  counted(static_cast<long long>(parallel), "trial"), needed, limit.rlim_cur,
                  possible > 0 ? fmt::format("--parallel {}, or ", possible) : "", needed));
}

std::string shortage_text(const std::string& what, int error) {
  const char* remedy = "";
  if (error == EMFILE) remedy = "; give a smaller --parallel, or a higher limit (ulimit -Hn)";
  if (error == EAGAIN) remedy = "; give a smaller --parallel, or a higher limit (ulimit -u)";
  if (error == ENFILE || error == ENOMEM) remedy = "; give a smaller --parallel";
  return fmt::format("{}: {}{}", what, std::strerror(error), remedy);
}

}  // namespace sweetspot::programs
