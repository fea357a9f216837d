// The program as its users call it: each bad input is one line and a documented exit code, and
// kill -9 loses nothing that a second call does not make good.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/program_fixture.hpp"

namespace sweetspot {
namespace {

using testing_support::idx_bytes;
using testing_support::Program;
using testing_support::write_file;

TEST_F(Program, BadArgumentsAreOneLineEach) {
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"sweep", "--data", data()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  expect_refused(with({"--optimizers", "adm"}), 2, "nearest known is 'adam'");
  expect_refused(with({"--learning-rates", "0"}), 2, "0 must be above 0");
  expect_refused(with({"--learning-rates=-1"}), 2, "-1 must be above 0");
  expect_refused(with({"--learning-rates", "nan"}), 2, "not a finite number");
  expect_refused(with({"--learning-rates", "1:1e-3:6"}), 2, "reversed");
  expect_refused(with({"--target", "train_accuracy=1.5"}), 2, "at most 1");
  expect_refused(with({"--budget", "0"}), 2, "--budget 0: must be from 1 to 1000000000");
  expect_refused(with({"--budget", "99999999999999999999"}), 2, "budget");
  expect_refused(with({"--batch-size", "100000"}), 2, "550 training images");
  expect_refused(with({"--width", "0.01"}), 2, "become 0");
  expect_refused(with({"--model", "tinny"}), 2, "nearest known is 'tiny'");
  expect_refused(with({"--model", path("none.toml")}), 2, "none.toml");
  expect_refused({"model", "show", "tinny"}, 2, "nearest known is 'tiny'");
  std::filesystem::create_directory(path("folder.toml"));
  expect_refused({"model", "show", path("folder.toml")}, 2, "folder.toml: is a folder, not a file");
  expect_refused({"sweep", path("folder.toml")}, 2, "is a folder, not a file");
  expect_refused({"model", "show", "tiny", "--input", "28x28"}, 2, "HEIGHTxWIDTHxCHANNELS");
  expect_refused(with({"--set", "rmsprop.decy=0.9"}), 2, "nearest known is 'decay'");
  expect_refused(with({"--semantics", "torch"}), 2, "nearest known is 'pytorch'");
  expect_refused(with({"--lanes", "9"}), 2, "8, 16 or 32");
  expect_refused(with({"--budgt", "9"}), 2, "nearest known is '--budget'");
  expect_refused({"swep"}, 2, "nearest known is 'sweep'");
  expect_refused({"sweep", "--data", "mnits"}, 2, "nearest known is 'mnist'");
  expect_refused({"data", "fetch", "mnits"}, 2, "nearest known is 'mnist'");
  expect_refused({"show", path("none.db")}, 4, "no such study file");
  expect_refused({"sweep", path("none.toml")}, 2, "cannot be opened");
}

TEST_F(Program, ATypingErrorInAStudyFileNamesLineAndKey) {
  write_file(path("study.toml"), "budget = 5\nbatchsize = 3\n");
  expect_refused({"sweep", path("study.toml")}, 2,
                 "study.toml:2: unknown key 'batchsize'; the nearest known is 'batch_size'");
}

TEST_F(Program, AModelFileIsShownTrainedAndKept) {
  const std::string net = path("net.toml");
  write_file(net, run({"model", "show", "small", "--file"}).output);
  const ProcessResult shown = run({"model", "show", net, "--width", "2"});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_NE(shown.output.find("conv 5x5, 16 filters, same padding"), std::string::npos)
      << shown.output;
  write_file(net,
             "[[model.layer]]\ntype = \"conv\"\nfilters = 2\nkernel = 3\n"
             "[[model.layer]]\ntype = \"dropout\"\nrate = 0.1\n"
             "[[model.layer]]\ntype = \"dense\"\n");
  std::vector<std::string> arguments = sweep("net.db");
  arguments.insert(arguments.end(), {"--model", net, "--optimizers", "adam"});
  EXPECT_EQ(run(arguments).exit_code, 0);
  arguments.emplace_back("--print-config");
  write_file(path("printed.toml"), run(arguments).output);
  const ProcessResult again = run({"sweep", path("printed.toml")});
  EXPECT_EQ(again.exit_code, 0) << again.output;
  write_file(net, "[[model.layer]]\ntype = \"maxpool\"\nsize = 2\n");
  expect_refused({"model", "show", net}, 2, "pooling goes behind a convolution");
}

TEST_F(Program, DamagedDataIsOneLine) {
  write_file(data() + "/train-images-idx3-ubyte", "");
  expect_refused({"sweep", "--data", data()}, 3, "is empty");
  write_file(data() + "/train-images-idx3-ubyte", idx_bytes({600, 12, 12}, {1, 2, 3}));
  expect_refused({"sweep", "--data", data()}, 3, "truncated");
}

TEST_F(Program, ForeignFilesAreRefusedAndLeftAlone) {
  write_file(path("notes.db"), "my notes, which are no study but must stay as they are");
  std::vector<std::string> arguments = sweep("notes.db");
  expect_refused(arguments, 4, "not a SQLite file");
  std::ifstream in(path("notes.db"));
  std::string kept;
  std::getline(in, kept);
  EXPECT_EQ(kept, "my notes, which are no study but must stay as they are");
}

TEST_F(Program, EveryCommandHasHelp) {
  for (const char* command :
       {"sweep", "size", "trace", "article", "find", "show", "report", "model", "data"}) {
    const ProcessResult result = run({command, "--help"});
    EXPECT_EQ(result.exit_code, 0) << command;
    EXPECT_NE(result.output.find(command), std::string::npos);
  }
}

TEST_F(Program, DryRunAndPrintConfigTrainNothing) {
  std::vector<std::string> arguments = sweep("dry.db");
  arguments.emplace_back("--dry-run");
  const ProcessResult dry = run(arguments);
  EXPECT_EQ(dry.exit_code, 0) << dry.output;
  EXPECT_NE(dry.output.find("trials           66"), std::string::npos) << dry.output;
  arguments.back() = "--print-config";
  const ProcessResult printed = run(arguments);
  EXPECT_EQ(printed.exit_code, 0);
  EXPECT_NE(printed.output.find("budget = 600"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path("dry.db")));
  // What is printed is a study file that asks for the same.
  write_file(path("printed.toml"), printed.output);
  EXPECT_EQ(run({"sweep", path("printed.toml"), "--print-config"}).output, printed.output);
}

TEST_F(Program, ATraceSettlesItsScheduleAndEstimatesItsTime) {
  std::vector<std::string> arguments = {"trace", "--data",     data(),      "--batch-size",
                                        "10",    "--configs",  "adam:1e-3", "--budget",
                                        "300",   "--schedule", "cosine",    "--print-config"};
  EXPECT_NE(run(arguments).output.find("cosine:period=300,growth=1,floor=0"), std::string::npos);
  arguments.back() = "--dry-run";
  EXPECT_EQ(run(arguments).exit_code, 0);
  arguments[10] = "nonsense";
  expect_refused(arguments, 2, "unknown schedule 'nonsense'");
}

TEST_F(Program, AllOptimizersMayBeAskedForInASpace) {
  write_file(path("space.toml"), "[space.optimizer]\nvalues = [\"all\"]\n");
  const ProcessResult dry =
      run({"sweep", path("space.toml"), "--data", data(), "--batch-size", "10", "--dry-run"});
  EXPECT_NE(dry.output.find("735"), std::string::npos) << dry.output;
}

pid_t start(const std::vector<std::string>& arguments) {
  const pid_t child = fork();
  if (child != 0) return child;
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDOUT_FILENO);
  dup2(null, STDERR_FILENO);
  std::vector<char*> words = {const_cast<char*>(SWEETSPOT_PROGRAM)};
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  execv(words[0], words.data());
  _exit(127);
}

// Until the program has its study and trains it: it handles signals from then on.
void wait_until_it_trains(pid_t child) {
  for (int look = 0; look < 60'000; ++look) {
    std::ifstream status("/proc/" + std::to_string(child) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (!line.starts_with("SigCgt:")) continue;
      const auto caught = std::stoull(line.substr(7), nullptr, 16);
      if (((caught >> (SIGUSR1 - 1)) & 1U) != 0) return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ADD_FAILURE() << "it did not come to train";
}

TEST_F(Program, KillAtAnyMomentAndTheSameCommandGoesOnToTheSameResults) {
  const auto whole = time_of_whole();
  int killed = 0;
  for (const double share : {0.003, 0.03, 0.06, 0.1, 0.17, 0.27, 0.4}) {
    const pid_t child = start(sweep("killed.db"));
    std::this_thread::sleep_for(share * whole);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    killed += WIFSIGNALED(status) ? 1 : 0;
  }
  EXPECT_GT(killed, 2);
  ASSERT_EQ(run(sweep("killed.db")).exit_code, 0);
  EXPECT_EQ(results("whole.db"), results("killed.db"));
}

TEST_F(Program, CtrlCPausesAndTheSameCommandGoesOn) {
  const auto whole = time_of_whole();
  // On a machine that is busy with other things the whole study may be over before the signal
  // comes.
  int code = 0;
  std::string study;
  for (int tries = 0; tries < 20 && code == 0; ++tries) {
    study = "paused" + std::to_string(tries) + ".db";
    const pid_t child = start(sweep(study));
    wait_until_it_trains(child);
    if (tries < 5) std::this_thread::sleep_for(0.2 * whole / (1 << tries));
    kill(child, SIGINT);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    code = WEXITSTATUS(status);
  }
  ASSERT_EQ(code, 10);
  EXPECT_NE(results("whole.db"), results(study));
  ASSERT_EQ(run(sweep(study)).exit_code, 0);
  EXPECT_EQ(results("whole.db"), results(study));
}

TEST_F(Program, ABatchSystemMaySayTwiceThatItEnds) {
  std::vector<std::string> slow = sweep("told.db");
  std::replace(slow.begin(), slow.end(), std::string("600"), std::string("60000"));
  const pid_t child = start(slow);
  wait_until_it_trains(child);
  for (const int signal : {SIGTERM, SIGTERM, SIGUSR1}) {
    kill(child, signal);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 10);
}

TEST_F(Program, TheSecondOnOneStudySaysSoAndStops) {
  std::vector<std::string> slow = sweep("shared.db");
  std::replace(slow.begin(), slow.end(), std::string("600"), std::string("60000"));
  const pid_t child = start(slow);
  wait_until_it_trains(child);
  expect_refused(slow, 4, "another process is training on this study");
  EXPECT_EQ(run({"show", path("shared.db")}).exit_code, 0);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
}

TEST_F(Program, ALimitOfComputeEndsTrialsAndSaysSo) {
  std::vector<std::string> arguments = sweep("limited.db");
  arguments.insert(arguments.end(), {"--max-trial-seconds", "1e-6"});
  ASSERT_EQ(run(arguments).exit_code, 0);
  const nlohmann::json limited = results("limited.db");
  for (const nlohmann::json& trial : limited.at("trials")) {
    EXPECT_EQ(trial.at("outcome"), trial.at("steps") < 20 ? "diverged" : "exhausted");
    EXPECT_EQ(trial.at("reproducible"), trial.at("outcome") == "diverged");
  }
}

TEST_F(Program, ALimitOfTimePausesTheStudy) {
  std::vector<std::string> arguments = sweep("brief.db");
  std::replace(arguments.begin(), arguments.end(), std::string("600"), std::string("100000"));
  arguments.insert(arguments.end(), {"--max-seconds", "0.01"});
  const ProcessResult paused = run(arguments);
  EXPECT_EQ(paused.exit_code, 10) << paused.output;
  EXPECT_NE(paused.output.find("the same command goes on"), std::string::npos);
}

}  // namespace
}  // namespace sweetspot
