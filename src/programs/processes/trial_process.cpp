#include "programs/processes/trial_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <utility>

#include "base/identity.hpp"
#include "base/text.hpp"
#include "programs/processes/orphans.hpp"
#include "programs/processes/system_limits.hpp"
#include "programs/processes/watcher.hpp"
#include "sweetspot/error.hpp"

extern char** environ;

namespace sweetspot::programs {
namespace {

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorKind::system, shortage_text(what, errno));
}

struct Pipe {
  int read = -1;
  int write = -1;
  // A socket pair where a write must not raise SIGPIPE when nobody reads any more.
  explicit Pipe(bool is_socket = false) {
    int ends[2];
    const int made = is_socket ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)
                               : pipe2(ends, O_CLOEXEC);
    if (made != 0) fail("no pipe can be had for a trial's program");
    read = ends[0];
    write = ends[1];
  }
  ~Pipe() {
    if (read >= 0) close(read);
    if (write >= 0) close(write);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
};

std::vector<std::string> merged_environment(const ProcessRequest& request,
                                            const std::string& mark) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  for (const std::string& name : request.withheld) variables.erase(name);
  for (const auto& [name, value] : request.environment) variables[name] = value;
  variables[kRunVariable] = mark;
  std::vector<std::string> entries;
  for (const auto& [name, value] : variables) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

TrialProcess::TrialProcess(const ProcessRequest& request) : mark_(drawn_identity()) {
  std::vector<std::string> arguments = request.arguments;
  std::vector<std::string> environment = merged_environment(request, mark_);
  const std::vector<char*> argument_pointers = pointers(arguments);
  const std::vector<char*> environment_pointers = pointers(environment);
  Pipe lifeline(true);
  Pipe status;
  Pipe output;
  Pipe errors;
  const WatchedProgram program = {
      .arguments = argument_pointers.data(),
      .environment = environment_pointers.data(),
      .grace_milliseconds = static_cast<int>(std::clamp(request.grace_seconds, 0.0, 1e6) * 1e3),
      .stops_group = request.stops_group,
      .open_files = request.open_files,
      .lifeline = lifeline.read,
      .status = status.write,
      .output = output.write,
      .errors = errors.write};
  watcher_ = fork();
  if (watcher_ < 0) fail("no process can be had for a trial's program");
  if (watcher_ == 0) watch(program);
  lifeline_ = std::exchange(lifeline.write, -1);
  status_ = std::exchange(status.read, -1);
  output_ = std::exchange(output.read, -1);
  errors_ = std::exchange(errors.read, -1);
  for (const int end : {output_, errors_}) fcntl(end, F_SETFL, O_NONBLOCK);
}

TrialProcess::~TrialProcess() {
  // The watcher kills all where its lifeline closes.
  if (lifeline_ >= 0) close(lifeline_);
  for (const int end : {status_, output_, errors_}) {
    if (end >= 0) close(end);
  }
  if (watcher_ < 0) return;
  const auto id = static_cast<id_t>(watcher_);
  siginfo_t end{};
  // Its number is kept until what it leaves has been looked for.
  while (waitid(P_PID, id, &end, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
  if (end.si_code != CLD_EXITED) end_orphans(watcher_, mark_);
  waitpid(watcher_, nullptr, WNOHANG);
}

void TrialProcess::stop() {
  const char word = kStopWord;
  // The watcher has ended where nobody reads: then there is nothing to stop.
  [[maybe_unused]] const ssize_t sent = send(lifeline_, &word, 1, MSG_NOSIGNAL);
}

ProcessEnd TrialProcess::end() {
  ProcessEnd end;
  ssize_t got = 0;
  while ((got = read(status_, &end, sizeof end)) < 0 && errno == EINTR) {
  }
  if (got != sizeof end) {
    end = {};
    end.signal = SIGKILL;
  }
  return end;
}

namespace {

// As errno; 0: it is.
int why_not_executable(const std::string& path) {
  if (access(path.c_str(), X_OK) != 0) return errno;
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored) ? EISDIR : 0;
}

std::string checked_program(const std::string& path) {
  const int why = why_not_executable(path);
  if (why == 0) return path;
  throw Error(ErrorKind::usage,
              fmt::format("command: {} cannot be executed: {}", path, std::strerror(why)));
}

}  // namespace

std::string found_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return checked_program(name);
  const char* path = std::getenv("PATH");
  std::string denied;
  for (const std::string& folder : split(path != nullptr ? path : "/usr/bin:/bin", ':')) {
    const std::string candidate = (folder.empty() ? "." : folder) + "/" + name;
    if (why_not_executable(candidate) == 0) return candidate;
    if (access(candidate.c_str(), F_OK) == 0) denied = candidate;
  }
  if (!denied.empty()) return checked_program(denied);
  throw Error(ErrorKind::usage,
              fmt::format("command: no program {} on PATH; give its path, or --shell for a shell's "
                          "own words",
                          name));
}

}  // namespace sweetspot::programs
