#include "programs/processes/trial_process.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <thread>

#include "support/temporary_folder.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::programs {
namespace {

constexpr std::chrono::seconds kSoon{20};

ProcessRequest shell(const std::string& script) {
  ProcessRequest request;
  request.arguments = {"sh", "-c", script};
  return request;
}

// What it writes until it ends.
std::string drained(int end) {
  std::string text;
  char bytes[512];
  pollfd ready = {end, POLLIN, 0};
  while (poll(&ready, 1, -1) >= 0) {
    const ssize_t got = read(end, bytes, sizeof bytes);
    if (got == 0 || (got < 0 && errno != EAGAIN)) break;
    if (got > 0) text.append(bytes, static_cast<size_t>(got));
  }
  return text;
}

void wait_until_readable(int end) {
  pollfd ready = {end, POLLIN, 0};
  poll(&ready, 1, -1);
}

bool is_alive(pid_t process) {
  return kill(process, 0) == 0;
}

bool ends_within(pid_t process, std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
    if (!is_alive(process)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

TEST(TrialProcess, GivesOutputErrorsAndExitCode) {
  ProcessRequest request = shell("echo $GIVEN; echo wrong >&2; exit 3");
  request.environment = {{"GIVEN", "42"}};
  TrialProcess process(request);
  EXPECT_EQ(drained(process.output()), "42\n");
  EXPECT_EQ(drained(process.errors()), "wrong\n");
  const ProcessEnd end = process.end();
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_EQ(end.signal, 0);
  EXPECT_EQ(end.start_error, 0);
  EXPECT_FALSE(end.left_children);
  EXPECT_GT(end.peak_bytes, 100'000U);
}

TEST(TrialProcess, MayHaveAsManyFilesOpenAsItIsGiven) {
  ProcessRequest request = shell("ulimit -Sn");
  request.open_files = 33;
  TrialProcess process(request);
  EXPECT_EQ(drained(process.output()), "33\n");
}

TEST(TrialProcess, SaysWhyItCouldNotStart) {
  ProcessRequest request;
  request.arguments = {"/no/such/program"};
  EXPECT_EQ(TrialProcess(request).end().start_error, ENOENT);
  request.arguments = {"/etc/passwd"};
  EXPECT_EQ(TrialProcess(request).end().start_error, EACCES);
}

TEST(TrialProcess, StopsByTermAndAfterTheGraceByKill) {
  ProcessRequest request =
      shell("trap 'echo saved; exit 0' TERM; echo there; while :; do sleep 0.01; done");
  TrialProcess polite(request);
  wait_until_readable(polite.output());
  polite.stop();
  EXPECT_EQ(drained(polite.output()), "there\nsaved\n");
  const ProcessEnd end = polite.end();
  EXPECT_TRUE(end.was_stopped);
  EXPECT_FALSE(end.was_killed);
  EXPECT_EQ(end.exit_code, 0);

  request = shell("trap '' TERM; echo there; while :; do sleep 0.01; done");
  request.grace_seconds = 0.05;
  TrialProcess stubborn(request);
  wait_until_readable(stubborn.output());
  stubborn.stop();
  const ProcessEnd killed = stubborn.end();
  EXPECT_TRUE(killed.was_killed);
  EXPECT_EQ(killed.signal, SIGKILL);
}

TEST(TrialProcess, TellsASignal) {
  EXPECT_EQ(TrialProcess(shell("kill -SEGV $$")).end().signal, SIGSEGV);
}

TEST(TrialProcess, EndsChildrenThatAreLeftEvenOutsideTheGroup) {
  // Until the second is in a session of its own.
  TrialProcess process(
      shell("sleep 100 & echo $!; setsid sleep 100 & echo $!; "
            "until [ \"$(cut -d' ' -f6 /proc/$!/stat)\" = $! ]; do sleep 0.01; done"));
  const std::string text = drained(process.output());
  const size_t line = text.find('\n');
  EXPECT_TRUE(process.end().left_children);
  EXPECT_TRUE(ends_within(std::stoi(text), kSoon));
  EXPECT_TRUE(ends_within(std::stoi(text.substr(line + 1)), kSoon));
}

// What kill -9 of sweetspot does: its end of the lifeline closes.
TEST(TrialProcess, LeavesNoOrphanWhereItsOwnerIsKilled) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t owner = fork();
  if (owner == 0) {
    TrialProcess process(shell("echo $$; setsid sleep 100 & echo $!; sleep 100"));
    char bytes[64];
    std::string text;
    while (std::count(text.begin(), text.end(), '\n') < 2) {
      wait_until_readable(process.output());
      const ssize_t got = read(process.output(), bytes, sizeof bytes);
      if (got > 0) text.append(bytes, static_cast<size_t>(got));
    }
    [[maybe_unused]] const ssize_t written = write(ends[1], text.data(), text.size());
    pause();
  }
  close(ends[1]);
  char bytes[64] = {};
  ASSERT_GT(read(ends[0], bytes, sizeof bytes - 1), 0);
  close(ends[0]);
  const std::string text = bytes;
  const pid_t program = std::stoi(text);
  const pid_t child = std::stoi(text.substr(text.find('\n') + 1));
  EXPECT_TRUE(is_alive(program));
  kill(owner, SIGKILL);
  waitpid(owner, nullptr, 0);
  EXPECT_TRUE(ends_within(program, kSoon));
  EXPECT_TRUE(ends_within(child, kSoon));
}

TEST(TrialProcess, KeepsLifelinesApart) {
  auto first = std::make_unique<TrialProcess>(shell("echo $$; sleep 100"));
  TrialProcess second(shell("echo there; sleep 100"));
  wait_until_readable(second.output());
  char bytes[64] = {};
  wait_until_readable(first->output());
  ASSERT_GT(read(first->output(), bytes, sizeof bytes - 1), 0);
  const pid_t program = std::stoi(bytes);
  first.reset();  // the second's watcher must not hold the first's lifeline
  EXPECT_TRUE(ends_within(program, kSoon));
}

// A script that waits for what it started and knows nothing of SIGTERM.
TEST(TrialProcess, GivesWhatAWrapperLeavesAtTermTheRestOfTheGrace) {
  const testing_support::TemporaryFolder folder;
  const std::string saved = (folder.path() / "saved").string();
  // The training saves slowly, in the script's group or in one of its own.
  const std::string training = "trap 'sleep 0.3; echo saved > " + saved +
                               "; exit 0' TERM; echo there; "
                               "while :; do sleep 0.01; done";
  for (const std::string& how : {std::string(), std::string("setsid ")}) {
    for (const bool stops_group : {false, true}) {
      std::filesystem::remove(saved);
      ProcessRequest request = shell(how + "sh -c \"$TRAINING\" & wait");
      request.environment = {{"TRAINING", training}};
      request.grace_seconds = 100;
      request.stops_group = stops_group;
      TrialProcess process(request);
      wait_until_readable(process.output());
      process.stop();
      const ProcessEnd end = process.end();
      EXPECT_TRUE(std::filesystem::exists(saved)) << how << stops_group;
      EXPECT_TRUE(end.was_stopped);
      EXPECT_FALSE(end.was_killed);
      EXPECT_EQ(end.signal, SIGTERM);
    }
  }
}

TEST(TrialProcess, EndsAtTheEndOfTheGraceWhatAWrapperLeft) {
  ProcessRequest request = shell("sh -c \"trap '' TERM; echo there; sleep 1000\" & wait");
  request.grace_seconds = 0.2;
  TrialProcess process(request);
  wait_until_readable(process.output());
  process.stop();
  EXPECT_TRUE(process.end().left_children);
  EXPECT_EQ(drained(process.output()), "there\n");  // which it would hold otherwise
}

// As kill -9 of it alone, or the kernel where memory is short.
TEST(TrialProcess, LeavesNoOrphanWhereItsWatcherIsKilled) {
  auto process = std::make_unique<TrialProcess>(
      shell("echo $PPID $$; sleep 1000 & echo $!; setsid sleep 1000 & echo $!; "
            "until [ \"$(cut -d' ' -f6 /proc/$!/stat)\" = $! ]; do sleep 0.01; done; "
            "echo; sleep 1000"));
  std::string text;
  char bytes[64];
  while (text.find("\n\n") == std::string::npos) {
    wait_until_readable(process->output());
    const ssize_t got = read(process->output(), bytes, sizeof bytes);
    if (got > 0) text.append(bytes, static_cast<size_t>(got));
  }
  std::istringstream numbers(text);
  pid_t watcher = 0;
  numbers >> watcher;
  ASSERT_EQ(kill(watcher, SIGKILL), 0);
  wait_until_readable(process->ended());
  process.reset();
  for (pid_t left = 0; numbers >> left;) EXPECT_TRUE(ends_within(left, kSoon)) << left;
}

// pkill and killall of sweetspot by its name end it, and not the watchers that end its programs.
TEST(TrialProcess, IsWatchedUnderANameOfItsOwn) {
  TrialProcess process(shell("cat /proc/$PPID/comm"));
  EXPECT_EQ(drained(process.output()), "trial-watcher\n");
}

TEST(FoundProgram, SearchesPathAndSaysWhatIsWrong) {
  EXPECT_NE(found_program("sh").find("/sh"), std::string::npos);
  EXPECT_THROW(found_program("no-such-program-anywhere"), Error);
  EXPECT_THROW(found_program("/etc/passwd"), Error);
}

TEST(FoundProgram, IsNoDirectory) {
  const testing_support::TemporaryFolder folder;
  EXPECT_THROW(found_program(folder.path().string()), Error);
  const std::string path = std::getenv("PATH");
  setenv("PATH", folder.path().c_str(), 1);
  std::filesystem::create_directory(folder.path() / "trainer");
  EXPECT_THROW(found_program("trainer"), Error);
  setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace sweetspot::programs
