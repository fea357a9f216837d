#include "command/watcher.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>

#include "command/trial_process.hpp"

namespace sweetspot::command {
namespace {

// Where the watcher keeps its ends; all others are closed, the lifelines of other watchers among
// them.
constexpr int kLifeline = 3;
constexpr int kStatus = 4;
constexpr int kOutput = 5;
constexpr int kErrors = 6;

int64_t now_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void keep_own_ends(const WatchedProgram& program) {
  // First above all of them, so that none is overwritten.
  constexpr int kAbove = 16;
  const int lifeline = fcntl(program.lifeline, F_DUPFD, kAbove);
  const int status = fcntl(program.status, F_DUPFD, kAbove);
  const int output = fcntl(program.output, F_DUPFD, kAbove);
  const int errors = fcntl(program.errors, F_DUPFD, kAbove);
  dup2(lifeline, kLifeline);
  dup2(status, kStatus);
  dup2(output, kOutput);
  dup2(errors, kErrors);
  close_range(kErrors + 1, ~0U, 0);
  for (const int end : {kLifeline, kStatus, kOutput, kErrors}) fcntl(end, F_SETFD, FD_CLOEXEC);
}

void reset_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void limit_open_files(uint64_t files) {
  rlimit limit{};
  if (files == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = files;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// The program's side of the fork.
[[noreturn]] void become(const WatchedProgram& program, pid_t watcher, int failure) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != watcher) _exit(127);
  reset_signals();
  limit_open_files(program.open_files);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(kOutput, STDOUT_FILENO);
  dup2(kErrors, STDERR_FILENO);
  execvpe(program.arguments[0], program.arguments, program.environment);
  const int why = errno;
  [[maybe_unused]] const ssize_t written = write(failure, &why, sizeof why);
  _exit(127);
}

class Watch {
 public:
  Watch(pid_t program, const WatchedProgram& asked)
      : program_(program), grace_(asked.grace_milliseconds), stops_group_(asked.stops_group) {}

  ProcessEnd run(int signals) {
    while (is_running_) {
      pollfd ends[2] = {{kLifeline, POLLIN, 0}, {signals, POLLIN, 0}};
      const int64_t left = deadline_ < 0 ? -1 : deadline_ - now_milliseconds();
      const int ready = poll(ends, 2, deadline_ < 0 ? -1 : left > 0 ? static_cast<int>(left) : 0);
      if (ready < 0 && errno != EINTR) break;
      if (ready > 0 && ends[0].revents != 0) listen();
      if (ready > 0 && ends[1].revents != 0) {
        signalfd_siginfo info;
        [[maybe_unused]] const ssize_t got = read(signals, &info, sizeof info);
      }
      reap();
      if (is_running_ && deadline_ >= 0 && now_milliseconds() >= deadline_) {
        end_.was_killed = true;
        kill(-program_, SIGKILL);
        deadline_ = -1;
      }
    }
    end_the_rest();
    return end_;
  }

 private:
  void listen() {
    char word = 0;
    const ssize_t got = read(kLifeline, &word, 1);
    if (got < 0) return;
    if (got == 0) {  // sweetspot is gone
      kill(-program_, SIGKILL);
      end_the_rest();
      _exit(0);
    }
    if (end_.was_stopped) return;
    end_.was_stopped = true;
    deadline_ = now_milliseconds() + grace_;
    kill(stops_group_ ? -program_ : program_, SIGTERM);
  }

  // Whoever has ended, the program or what came to the watcher when its parent did.
  void reap() {
    int status = 0;
    rusage use{};
    pid_t who = 0;
    while ((who = wait4(-1, &status, WNOHANG, &use)) > 0) {
      if (who != program_) continue;
      is_running_ = false;
      end_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
      end_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
      };
      end_.cpu_seconds = seconds(use.ru_utime) + seconds(use.ru_stime);
      end_.peak_bytes = static_cast<uint64_t>(use.ru_maxrss) * 1024;
    }
    if (who < 0 && errno == ECHILD) is_running_ = false;
  }

  // The group, then all who are left: as children of the watcher, or of those killed meanwhile.
  void end_the_rest() {
    kill(-program_, SIGKILL);
    const int64_t until = now_milliseconds() + kMostMillisecondsToEnd;
    while (now_milliseconds() < until) {
      int status = 0;
      const pid_t who = waitpid(-1, &status, WNOHANG);
      if (who < 0 && errno == ECHILD) return;
      if (who != 0) continue;
      end_.left_children = true;
      kill_children();
      constexpr timespec kMoment = {0, 2'000'000};
      nanosleep(&kMoment, nullptr);
    }
  }

  static void kill_children() {
    const int children = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    if (children < 0) return;
    char text[4096];
    const ssize_t got = read(children, text, sizeof text);
    close(children);
    pid_t child = 0;
    for (ssize_t i = 0; i < got; ++i) {
      if (text[i] >= '0' && text[i] <= '9') {
        child = child * 10 + (text[i] - '0');
      } else if (child > 0) {
        kill(child, SIGKILL);
        child = 0;
      }
    }
  }

  static constexpr int64_t kMostMillisecondsToEnd = 2000;

  pid_t program_;
  int grace_;
  bool stops_group_;
  bool is_running_ = true;
  int64_t deadline_ = -1;
  ProcessEnd end_;
};

}  // namespace

void watch(const WatchedProgram& program) {
  // Out of the terminal's group: Ctrl-C is sweetspot's to handle.
  setsid();
  keep_own_ends(program);
  reset_signals();
  ::signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child_ended, nullptr);
  const int signals = signalfd(-1, &child_ended, SFD_CLOEXEC | SFD_NONBLOCK);
  int failure[2];
  ProcessEnd end;
  const pid_t watcher = getpid();
  const bool has_pipe = pipe2(failure, O_CLOEXEC) == 0;
  const pid_t child = has_pipe && signals >= 0 ? fork() : -1;
  if (child == 0) become(program, watcher, failure[1]);
  if (child < 0) {
    end.start_error = errno;
  } else {
    setpgid(child, child);
    close(failure[1]);
    close(kOutput);
    close(kErrors);
    Watch running(child, program);
    int why = 0;
    // Closes without a word when the program is there.
    const bool is_missing = read(failure[0], &why, sizeof why) == sizeof why;
    end = running.run(signals);
    if (is_missing) end.start_error = why;
  }
  [[maybe_unused]] const ssize_t written = write(kStatus, &end, sizeof end);
  _exit(0);
}

}  // namespace sweetspot::command
