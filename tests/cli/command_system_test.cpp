// Studies of a program of one's own where the system, or somebody, is unkind.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <set>
#include <thread>

#include "support/own_program.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;
using testing_support::Command;
using testing_support::json;
using testing_support::kForgetfulTrainer;

// Calls that signals end.
class KilledCommand : public Command {
 protected:
  // What it writes is left out; its temporary files are in the test's folder.
  pid_t begin(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), SWEETSPOT_PROGRAM);
    const pid_t child = fork();
    if (child == 0) become(arguments);
    return child;
  }

  // By SIGKILL and SIGINT in turn, until a call comes to its end.
  void run_with_kills(const std::vector<std::string>& arguments) const {
    for (int call = 0; call < 40; ++call) {
      const pid_t child = begin(arguments);
      std::this_thread::sleep_for(std::chrono::milliseconds(60 + 97 * (call % 5)));
      kill(child, call % 2 == 0 ? SIGKILL : SIGINT);
      int status = 0;
      waitpid(child, &status, 0);
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    }
  }

  int64_t scratch_folders() const {
    const fs::directory_iterator entries(folder_.path());
    return std::count_if(fs::begin(entries), fs::end(entries), [](const auto& entry) {
      return entry.path().filename().string().starts_with("sweetspot-check-");
    });
  }

  std::vector<std::string> halving(const std::string& study) const {
    return tune(study, {"--method", "halving", "--cost", "10x", "--budget", "80", "--target",
                        "accuracy>=0.99", "--check-every", "10", "--parallel", "2"});
  }

 private:
  [[noreturn]] void become(std::vector<std::string> arguments) const {
    std::vector<char*> pointers;
    for (std::string& word : arguments) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    setenv("TMPDIR", folder_.path().c_str(), 1);
    if (chdir(folder_.path().c_str()) == 0 && freopen("/dev/null", "w", stdout) != nullptr &&
        freopen("/dev/null", "w", stderr) != nullptr) {
      execv(pointers[0], pointers.data());
    }
    _exit(127);
  }
};

TEST_F(KilledCommand, WithoutCheckpointsGoesOnToTheSameEnd) {
  write("train.sh", kForgetfulTrainer);
  EXPECT_EQ(run(halving("whole.db")).exit_code, 0);
  run_with_kills(halving("cut.db"));
  EXPECT_EQ(run(halving("cut.db")).exit_code, 0);
  EXPECT_EQ(json::diff(results("whole.db"), results("cut.db")), json::array());
}

// What was reported in the moment before a kill, and saved, does not come again; a search that
// misses it may go another way. What is kept is what the program reports, and all trials end.
TEST_F(KilledCommand, WithCheckpointsEndsWithTheProgramsOwnValues) {
  run_with_kills(halving("cut.db"));
  EXPECT_EQ(run(halving("cut.db")).exit_code, 0);
  const json cut = shown("cut.db");
  ASSERT_FALSE(cut["trials"].empty());
  for (const json& trial : cut["trials"]) {
    const double distance = std::log10(trial["config"]["learning_rate"].get<double>() / 0.01);
    EXPECT_TRUE(trial["outcome"] == "reached" || trial["outcome"] == "exhausted" ||
                trial["outcome"] == "pruned")
        << trial;
    ASSERT_FALSE(trial["curve"]["rows"].empty()) << trial;
    for (const json& row : trial["curve"]["rows"]) {
      const double reported =
          1 - std::exp(-0.08 * row[0].get<double>() * std::exp(-distance * distance));
      EXPECT_NEAR(row[1].get<double>(), reported, 1e-6) << trial;
    }
  }
  EXPECT_FALSE(fs::exists(path("cut.db.files/tune/checkpoints")));
}

TEST_F(KilledCommand, ACheckThatIsInterruptedLeavesNoFolder) {
  write("own.sh", "touch began; sleep 100");
  for (const int signal : {SIGINT, SIGTERM}) {
    fs::remove(path("began"));
    const pid_t check = begin({"check", "--command", "sh own.sh {learning_rate}",
                               "--learning-rates", "1e-4:1", "--maximize", "accuracy"});
    ASSERT_TRUE(appears("began"));
    EXPECT_EQ(scratch_folders(), 1);
    kill(check, signal);
    int status = 0;
    waitpid(check, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 10) << status;
    EXPECT_EQ(scratch_folders(), 0);
  }
}

// A sweep under a shell's limits, with its process as SWEETSPOT_PROCESS.
class LimitedCommand : public Command {
 protected:
  ProcessResult run_under(const std::string& limits, std::vector<std::string> arguments,
                          const std::vector<std::string>& as_whom = {},
                          const std::string& program = SWEETSPOT_PROGRAM) const {
    // The leak sanitizer, where there is one, needs a process of its own.
    const std::string script =
        limits + "; export SWEETSPOT_PROCESS=$$ ASAN_OPTIONS=detect_leaks=0; exec \"$@\"";
    arguments.insert(arguments.begin(), {"sh", "-c", script, "sh", program});
    arguments.insert(arguments.begin(), as_whom.begin(), as_whom.end());
    return run_process(arguments, folder_.path().string());
  }

  // Others may enter the test's folder and not that of the build, as in a home with mode 0700.
  std::string program_for_others() const {
    fs::permissions(folder_.path(), fs::perms::all);
    fs::copy_file(SWEETSPOT_PROGRAM, path("sweetspot"), fs::copy_options::skip_existing);
    return path("sweetspot");
  }
};

TEST_F(LimitedCommand, RaisesItsLimitOfOpenFilesAndLeavesProgramsTheirs) {
  const std::vector<std::string> words =
      sweep("sleep 0.1; echo \"{\\\"accuracy\\\": 1, \\\"files\\\": $(ulimit -Sn)}\"",
            {"--grid", "rate=1,2,3,4,5,6,7,8", "--parallel", "8"});
  const ProcessResult result = run_under("ulimit -Sn 24", words);
  EXPECT_EQ(result.exit_code, 0) << result.output;
  const json study = shown("own.db");
  for (const json& trial : study["trials"]) EXPECT_EQ(trial["metrics"]["files"], 24);
}

TEST_F(LimitedCommand, WithoutFilesForAnotherTrialThoseThatRunSaveAndTheStudyGoesOnLater) {
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
  GTEST_SKIP() << "the sanitizer looks at an exception's type through a pipe, and there is none";
#endif
#endif
  // The first saves when it is told to stop; beside it the second takes away what a third needs.
  const std::vector<std::string> words = sweep(R"(
if [ -n "$SWEETSPOT_RESUME" ]; then echo '{"step": 2, "accuracy": 1}'; exit; fi
if [ $1 = 1 ] && ! [ -e limited ]; then
  trap 'touch "$SWEETSPOT_CHECKPOINT/state"; exit' TERM
  echo '{"step": 1, "accuracy": 0.5}'
  touch there
  while :; do sleep 0.01; done
fi
while ! [ -e there ]; do sleep 0.01; done
[ -e limited ] || prlimit --pid $SWEETSPOT_PROCESS --nofile=5:1024
touch limited
echo '{"step": 1, "accuracy": 1}')",
                                               {"--grid", "rate=1,2,3", "--parallel", "2"});
  const ProcessResult cut = run_under("ulimit -n 1024", words);
  EXPECT_EQ(cut.exit_code, 5) << cut.output;
  EXPECT_NE(cut.output.find("Too many open files; give a smaller --parallel"), std::string::npos)
      << cut.output;
  const std::string said = without_progress(cut.output);
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << cut.output;
  const json before = shown("own.db")["trials"];
  EXPECT_EQ(before[0]["outcome"], json());
  EXPECT_EQ(before[0]["curve"]["rows"].size(), 1U);
  EXPECT_EQ(before[1]["outcome"], "reached");
  EXPECT_EQ(before[2]["outcome"], json());
  EXPECT_EQ(run(words).exit_code, 0);
  const json after = shown("own.db")["trials"];
  EXPECT_EQ(after[0]["curve"]["rows"].size(), 2U);  // went on from what it had saved
  EXPECT_EQ(after[2]["outcome"], "reached");
}

TEST_F(LimitedCommand, ATrialForWhichThereIsNoProcessHasNotFailed) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can run it as somebody who has limits";
  const std::vector<std::string> nobody = {"setpriv", "--reuid=65534", "--regid=65534",
                                           "--clear-groups"};
  const std::string program = program_for_others();
  const std::vector<std::string> words = sweep("echo '{\"accuracy\": 1}'");
  // With one process nobody can watch a program, with two there is none to be watched.
  for (const std::string most : {"1", "2"}) {
    const ProcessResult result = run_under("ulimit -p " + most, words, nobody, program);
    EXPECT_EQ(result.exit_code, 5) << result.output;
    EXPECT_NE(result.output.find("no process can be had"), std::string::npos) << result.output;
    const json study = shown("own.db");
    for (const json& trial : study["trials"]) EXPECT_EQ(trial["outcome"], json());
  }
  EXPECT_EQ(run_under("true", words, nobody, program).exit_code, 0);
}

// A study on a disk of its own that has little room, and later enough.
class FullDisk : public Command {
 protected:
  void SetUp() override {
    fs::create_directory(path("disk"));
    const ProcessResult mounted = run_process(
        {"unshare", "-rm", "sh", "-c", "mount -t tmpfs none disk"}, folder_.path().string());
    if (mounted.exit_code != 0) GTEST_SKIP() << "no file system can be mounted here";
  }

  // What the same call says before and after.
  std::string swept(const std::string& script) const {
    write("own.sh", script);
    return run_process(
               {"unshare", "-rm", "sh", "-c",
                "mount -t tmpfs -o size=16m none disk; head -c 14M /dev/zero > disk/ballast; "
                "\"$@\"; echo code $?; rm disk/ballast; \"$@\"; echo code $?",
                "sh", SWEETSPOT_PROGRAM, "sweep", "--command", "sh own.sh {rate}", "--grid",
                "rate=1,2", "--target", "accuracy>=0.9", "--study", "disk/own.db"},
               folder_.path().string())
        .output;
  }

  static void expect_one_line_and_then_success(const std::string& all) {
    const std::string output = without_progress(all);
    const std::string first = output.substr(0, output.find('\n'));
    EXPECT_NE(first.find("the disk is full; all that was kept stands"), std::string::npos)
        << output;
    EXPECT_EQ(output.substr(first.size(), 8), "\ncode 5\n") << output;
    EXPECT_NE(output.find("2 trainings"), std::string::npos) << output;
    EXPECT_TRUE(output.ends_with("code 0\n")) << output;
  }
};

TEST_F(FullDisk, PausesTheStudyWhereAProgramCannotSave) {
  expect_one_line_and_then_success(
      swept(R"(head -c 4M /dev/zero > "$SWEETSPOT_CHECKPOINT/state" || exit 1
echo '{"accuracy": 1}')"));
}

TEST_F(FullDisk, PausesTheStudyWhereReportsCannotBeKept) {
  expect_one_line_and_then_success(swept(
      R"(awk 'BEGIN { for (i = 1; i < 60000; ++i) printf "{\"step\": %d, \"accuracy\": %f}\n", i, 0.3 + i * 1e-9 }'
sleep 1
echo '{"step": 60000, "accuracy": 1}')"));
}

// In a group of processes that may hold 256 MB, which is enough for the program under sanitizers,
// where the system lets the test make one (version 1 or 2 of them).
TEST_F(Command, AKillForMemoryIsCertainUnderACgroup) {
  write("begin.sh", R"(
root=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
limit=memory.limit_in_bytes
[ -e "$root/$limit" ] || { root=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup); limit=memory.max; }
group="$root/sweetspot-test-$$"
mkdir "$group" 2>/dev/null || exit 77
trap 'echo $$ > "$root/cgroup.procs"; rmdir "$group"' EXIT
echo 268435456 > "$group/$limit" && echo $$ > "$group/cgroup.procs" || exit 77
"$@"
)");
  write("hungry.py",
        "print('{\"step\": 1, \"accuracy\": 0.5}', flush=True)\nheld = bytearray(1 << 30)\n");
  std::vector<std::string> arguments = {"sh", path("begin.sh"), SWEETSPOT_PROGRAM};
  for (const std::string& word : sweep("exec /usr/bin/python3 hungry.py"))
    arguments.push_back(word);
  const ProcessResult result = run_process(arguments, folder_.path().string());
  if (result.exit_code == 77) GTEST_SKIP() << "no cgroup may be made here";
  const json trials = shown("own.db").at("trials");
  EXPECT_NE(trials[0].at("note").get<std::string>().find("killed for memory (its cgroup says so)"),
            std::string::npos)
      << trials[0].at("note");
}

TEST_F(Command, EachPlaceHasItsOwnGpu) {
  const json all = trials(R"(mkdir gpu$CUDA_VISIBLE_DEVICES || exit 1
sleep 0.1
rmdir gpu$CUDA_VISIBLE_DEVICES
echo "{\"accuracy\": 1, \"gpu\": $CUDA_VISIBLE_DEVICES}")",
                          {"--gpus", "0,1", "--grid", "rate=1,2,3,4,5,6"});
  std::set<double> used;
  for (const json& trial : all) {
    EXPECT_EQ(trial["outcome"], "reached");
    used.insert(trial["metrics"]["gpu"].get<double>());
  }
  EXPECT_EQ(used, (std::set<double>{0, 1}));
}

TEST_F(Command, TwoOnOneStudyAreRefused) {
  write("slow.sh",
        "touch began; while ! [ -e over ]; do sleep 0.01; done; echo '{\"accuracy\": 0.1}'");
  const std::vector<std::string> words = {
      "sweep",       "--command", "sh slow.sh {rate}", "--grid",        "rate=1,2", "--target",
      "accuracy>=1", "--study",   path("two.db"),      "--max-seconds", "60"};
  std::thread first([&] { run(words); });
  EXPECT_TRUE(appears("began"));
  const ProcessResult second = run(words);
  write("over", "");
  EXPECT_EQ(second.exit_code, 4);
  EXPECT_NE(second.output.find("another process is training"), std::string::npos) << second.output;
  first.join();
}

}  // namespace
}  // namespace sweetspot
