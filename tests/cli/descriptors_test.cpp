// Studies of a program of one's own where descriptors are closed, few, or cannot be closed.
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <iterator>

#include "support/own_program.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;
using testing_support::Command;
using testing_support::json;

class Descriptors : public Command {
 protected:
  // The program behind a shell's words, such as `ulimit -n 42;`, with redirections of its own.
  ProcessResult run_behind(const std::string& first, const std::string& redirections,
                           std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {"sh", "-c", first + " exec \"$@\" " + redirections, "sh", SWEETSPOT_PROGRAM});
    return run_process(arguments, folder_.path().string());
  }

  std::string bytes_of(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // Processes that work in the test's folder, as all that a study starts do.
  bool has_processes() const {
    std::error_code error;
    for (const auto& process : fs::directory_iterator("/proc", error)) {
      if (fs::read_symlink(process.path() / "cwd", error) == fs::canonical(folder_.path())) {
        return true;
      }
    }
    return false;
  }
  bool are_gone() const {
    for (int look = 0; look < 6000 && has_processes(); ++look) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return !has_processes();
  }
};

TEST_F(Descriptors, ClosedOnesChangeNothing) {
  const std::vector<std::string> closings = {"<&-", ">&-", "2>&-"};
  const std::vector<std::string> begun = sweep("echo '{\"accuracy\": 1}'");
  for (unsigned closed = 0; closed < 8; ++closed) {
    std::string redirections;
    for (size_t i = 0; i < closings.size(); ++i) {
      if ((closed >> i & 1) != 0) redirections += closings[i] + " ";
    }
    SCOPED_TRACE(redirections);
    fs::remove(path("own.db"));
    ASSERT_EQ(run(begun).exit_code, 0);
    std::vector<std::string> more = begun;
    more.insert(more.end(), {"--grid", "rate=0.01,0.1,1,10,100", "--parallel", "3"});
    const ProcessResult result = run_behind("", redirections, more);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    // Neither what is printed nor progress came to be in the file of the study.
    const std::string file = bytes_of("own.db");
    EXPECT_EQ(file.find("trials ended"), std::string::npos);
    EXPECT_EQ(file.find("study kept in"), std::string::npos);
    const json trials = shown("own.db").at("trials");
    ASSERT_EQ(trials.size(), 5U);
    for (const json& trial : trials) EXPECT_EQ(trial["outcome"], "reached");
    EXPECT_EQ(run_behind("", redirections, {"show", path("own.db")}).exit_code, 0);
  }
}

// Either all trials end, or one line says what is missing, and none of them failed.
TEST_F(Descriptors, AtEveryLimitOfOpenFilesAStudyEndsOrSaysWhatIsMissing) {
  int refused = 0;
  for (int files = 20; files <= 60; ++files) {
    for (const std::string parallel : {"8", "16"}) {
      SCOPED_TRACE("ulimit -n " + std::to_string(files) + " --parallel " + parallel);
      const std::vector<std::string> words =
          sweep("sleep 0.02; echo '{\"accuracy\": 1}'",
                {"--grid", "rate=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", "--parallel", parallel});
      const std::string limit = "ulimit -n " + std::to_string(files) + ";";
      const ProcessResult result = run_behind(limit, "", words);
      EXPECT_FALSE(has_processes());
      const json trials = shown("own.db").at("trials");
      ASSERT_EQ(trials.size(), 16U) << result.output;
      if (result.exit_code == 0) {
        for (const json& trial : trials) EXPECT_EQ(trial["outcome"], "reached");
        continue;
      }
      ++refused;
      EXPECT_EQ(result.exit_code, 5) << result.output;
      EXPECT_NE(result.output.find("(ulimit -Hn)"), std::string::npos) << result.output;
      const std::string said = without_progress(result.output);
      EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << result.output;
      for (const json& trial : trials) EXPECT_NE(trial["outcome"], "failed");
    }
  }
  EXPECT_GT(refused, 0);
  const std::vector<std::string> words = sweep("echo '{\"accuracy\": 1}'", {"--parallel", "1"});
  EXPECT_EQ(run_behind("ulimit -n 60;", "", words).exit_code, 0);
}

// What it says would be enough is enough, and one less is not.
TEST_F(Descriptors, TheLimitThatIsAskedForIsEnough) {
  const std::vector<std::string> words = sweep(
      "sleep 0.1; echo '{\"accuracy\": 1}'", {"--grid", "rate=1,2,3,4,5,6,7,8", "--parallel", "8"});
  const std::string refusal = run_behind("ulimit -n 30;", "", words).output;
  const std::string marker = "a limit of at least ";
  const size_t at = refusal.find(marker);
  ASSERT_NE(at, std::string::npos) << refusal;
  const int enough = std::stoi(refusal.substr(at + marker.size()));
  const auto code = [&](int files) {
    return run_behind("ulimit -n " + std::to_string(files) + ";", "", words).exit_code;
  };
  EXPECT_EQ(code(enough - 1), 5);
  EXPECT_EQ(code(enough), 0);
}

// As some container runtimes do.
bool refuse_close_range(int error) {
  sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<uint32_t>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter = {std::size(steps), steps};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST_F(Descriptors, WhereCloseRangeIsRefusedAKillLeavesNoProgram) {
  for (const int error : {ENOSYS, EPERM}) {
    SCOPED_TRACE(strerrorname_np(error));
    std::vector<std::string> words =
        sweep("touch began-$1; sleep 1000", {"--parallel", "2", "--grid", "rate=1,2"});
    words.insert(words.begin(), SWEETSPOT_PROGRAM);
    for (const char* name : {"began-1", "began-2"}) fs::remove(path(name));
    const pid_t child = fork();
    if (child == 0) {
      std::vector<char*> pointers;
      for (std::string& word : words) pointers.push_back(word.data());
      pointers.push_back(nullptr);
      if (chdir(folder_.path().c_str()) != 0 || !refuse_close_range(error)) _exit(77);
      execv(pointers[0], pointers.data());
      _exit(127);
    }
    EXPECT_TRUE(appears("began-1") && appears("began-2"));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "no filter may be set here";
    EXPECT_TRUE(WIFSIGNALED(status)) << status;
    EXPECT_TRUE(are_gone());
    EXPECT_EQ(shown("own.db").at("trials").size(), 2U);
  }
}

}  // namespace
}  // namespace sweetspot
