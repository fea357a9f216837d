#include "base/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "sweetspot/error.hpp"

extern char** environ;

namespace sweetspot {
namespace {

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == EAGAIN || error == ENOMEM;
}

[[noreturn]] void fail(const std::string& program, int error) {
  throw Error(ErrorKind::system,
              fmt::format("{}: cannot be started: {}", program, std::strerror(error)));
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments, const std::string& folder) {
  constexpr size_t kKeptOutput = 4096;
  ProcessResult result;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail(arguments[0], errno);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  std::vector<char*> words;
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  pid_t child = 0;
  // What this process ignores (a closed pipe, a limit of file sizes), others need not expect.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t usual;
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  sigaddset(&usual, SIGXFSZ);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int why = posix_spawnp(&child, words[0], &actions, &attributes, words.data(), environ);
  result.started = why == 0;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::array<char, 1024> chunk{};
  while (true) {
    const ssize_t got = read(ends[0], chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    result.output.append(chunk.data(), static_cast<size_t>(got));
    if (result.output.size() > kKeptOutput) {
      result.output.erase(0, result.output.size() - kKeptOutput);
    }
  }
  close(ends[0]);
  if (is_shortage(why)) fail(arguments[0], why);
  if (!result.started) return result;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace sweetspot
