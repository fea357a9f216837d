#include "programs/processes/watcher.hpp"

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

#include "programs/processes/close_descriptors.hpp"
#include "programs/processes/trial_process.hpp"

namespace sweetspot::programs {
namespace {

// What ps and killall show: not the name by which somebody ends sweetspot, whom it is to outlive.
constexpr const char* kName = "trial-watcher";

// Why the program is not there.
struct StartTrouble {
  int error = 0;
  bool is_in_setup = false;  // before the program itself
};

int64_t now_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
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

[[noreturn]] void give_up(int failure, bool is_in_setup) {
  const StartTrouble why = {errno, is_in_setup};
  [[maybe_unused]] const ssize_t written = write(failure, &why, sizeof why);
  _exit(127);
}

// The program's side of the fork.
[[noreturn]] void become(const WatchedProgram& program, pid_t watcher, int failure) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != watcher) _exit(127);
  reset_signals();
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(program.output, STDOUT_FILENO) < 0 ||
      dup2(program.errors, STDERR_FILENO) < 0) {
    give_up(failure, true);
  }
  limit_open_files(program.open_files);
  execvpe(program.arguments[0], program.arguments, program.environment);
  give_up(failure, false);
}

class Watch {
 public:
  Watch(pid_t program, const WatchedProgram& asked)
      : program_(program),
        lifeline_(asked.lifeline),
        grace_(asked.grace_milliseconds),
        stops_group_(asked.stops_group) {}

  ProcessEnd run(int signals) {
    while (is_running_ || is_rest_in_grace()) {
      pollfd ends[2] = {{lifeline_, POLLIN, 0}, {signals, POLLIN, 0}};
      const int64_t left = deadline_ < 0 ? -1 : deadline_ - now_milliseconds();
      const int ready = poll(ends, 2, deadline_ < 0 ? -1 : left > 0 ? static_cast<int>(left) : 0);
      if (ready < 0 && errno != EINTR) break;
      if (ready > 0 && ends[0].revents != 0) listen();
      if (ready > 0 && ends[1].revents != 0) {
        signalfd_siginfo info;
        [[maybe_unused]] const ssize_t got = read(signals, &info, sizeof info);
      }
      reap();
      if (is_rest_in_grace()) stop_the_rest();
      if (deadline_ >= 0 && now_milliseconds() >= deadline_) {
        end_.was_killed = is_running_;
        end_.left_children = !is_running_ && has_children_;
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
    const ssize_t got = read(lifeline_, &word, 1);
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
    has_children_ = !(who < 0 && errno == ECHILD);
    if (!has_children_) is_running_ = false;
  }

  // A program that was told to stop may end before what it started: a script, before the training
  // that it waited for. Its processes have the rest of the grace, as it had.
  bool is_rest_in_grace() const {
    return !is_running_ && has_children_ && end_.was_stopped && deadline_ >= 0;
  }

  // Tells them, once, where the stop was for the program alone.
  void stop_the_rest() {
    if (is_rest_told_) return;
    is_rest_told_ = true;
    if (!stops_group_) kill(-program_, SIGTERM);
    signal_children(SIGTERM, /*is_for_group=*/false);
  }

  // The group, then all who are left: as children of the watcher, or of those killed meanwhile.
  void end_the_rest() {
    // Asked before they are killed: some are gone by the first look after that.
    reap();
    if (has_children_) end_.left_children = true;
    kill(-program_, SIGKILL);
    const int64_t until = now_milliseconds() + kMostMillisecondsToEnd;
    while (now_milliseconds() < until) {
      int status = 0;
      const pid_t who = waitpid(-1, &status, WNOHANG);
      if (who < 0 && errno == ECHILD) return;
      if (who != 0) continue;
      end_.left_children = true;
      signal_children(SIGKILL, /*is_for_group=*/true);
      constexpr timespec kMoment = {0, 2'000'000};
      nanosleep(&kMoment, nullptr);
    }
  }

  // The watcher's own children, as the program's become when their parents end; of its group only
  // if told to.
  void signal_children(int signal, bool is_for_group) const {
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
        if (is_for_group || getpgid(child) != program_) kill(child, signal);
        child = 0;
      }
    }
  }

  static constexpr int64_t kMostMillisecondsToEnd = 2000;

  pid_t program_;
  int lifeline_;
  int grace_;
  bool stops_group_;
  bool is_running_ = true;
  bool has_children_ = true;
  bool is_rest_told_ = false;
  int64_t deadline_ = -1;
  ProcessEnd end_;
};

}  // namespace

void watch(const WatchedProgram& program) {
  // Out of the terminal's group: Ctrl-C is sweetspot's to handle.
  setsid();
  prctl(PR_SET_NAME, kName);
  // The lifelines of other watchers are among what is closed, and the study's database.
  close_all_but({program.lifeline, program.status, program.output, program.errors});
  reset_signals();
  ::signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child_ended, nullptr);
  int failure[2];
  ProcessEnd end;
  const pid_t watcher = getpid();
  const int signals = signalfd(-1, &child_ended, SFD_CLOEXEC | SFD_NONBLOCK);
  const bool has_ends = signals >= 0 && pipe2(failure, O_CLOEXEC) == 0;
  const pid_t child = has_ends ? fork() : -1;
  if (child == 0) become(program, watcher, failure[1]);
  if (child < 0) {
    end.setup_error = errno;
  } else {
    setpgid(child, child);
    close(failure[1]);
    close(program.output);
    close(program.errors);
    Watch running(child, program);
    StartTrouble why;
    // Closes without a word when the program is there.
    const bool is_missing = read(failure[0], &why, sizeof why) == sizeof why;
    end = running.run(signals);
    if (is_missing) (why.is_in_setup ? end.setup_error : end.start_error) = why.error;
  }
  [[maybe_unused]] const ssize_t written = write(program.status, &end, sizeof end);
  _exit(0);
}

}  // namespace sweetspot::programs
