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

#include "base/process.hpp"
#include "support/synthetic_data.hpp"

namespace sweetspot {
namespace {

using testing_support::idx_bytes;
using testing_support::synthetic_set;
using testing_support::TemporaryFolder;
using testing_support::write_file;
using testing_support::write_idx_folder;

class Program : public testing::Test {
 protected:
  void SetUp() override { write_idx_folder(synthetic_set(), data()); }

  std::string data() const { return (folder_.path() / "data").string(); }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  ProcessResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), SWEETSPOT_PROGRAM);
    return run_process(arguments, folder_.path().string());
  }

  // A study that takes a second or two.
  std::vector<std::string> sweep(const std::string& study) const {
    return {"sweep",
            "--data",
            data(),
            "--batch-size",
            "10",
            "--learning-rates",
            "1e-4:10:2",
            "--budget",
            "600",
            "--check-every",
            "20",
            "--target",
            "train_accuracy=0.999",
            "--no-early-stop",
            "--study",
            path(study),
            "--threads",
            "2"};
  }

  void expect_refused(const std::vector<std::string>& arguments, int code,
                      const std::string& words) const {
    const ProcessResult result = run(arguments);
    EXPECT_EQ(result.exit_code, code) << result.output;
    EXPECT_NE(result.output.find(words), std::string::npos) << result.output;
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << result.output;
  }

  // How long that study takes on this machine, whose results are in whole.db then.
  std::chrono::steady_clock::duration time_of_whole() const {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(run(sweep("whole.db")).exit_code, 0);
    return std::chrono::steady_clock::now() - begin;
  }

  // The study as JSON without what a clock or the number of calls decides.
  nlohmann::json results(const std::string& study) const {
    const std::string file = path(study) + ".json";
    const ProcessResult shown = run_process(
        {"sh", "-c", std::string(SWEETSPOT_PROGRAM) + " show --json " + path(study) + " > " + file},
        "");
    EXPECT_EQ(shown.exit_code, 0) << shown.output;
    nlohmann::json json = nlohmann::json::parse(std::ifstream(file));
    json.erase("cost");
    json.at("study").erase("answer");
    for (nlohmann::json& trial : json.at("trials")) trial.erase("compute_seconds");
    return json;
  }

  TemporaryFolder folder_;
};

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

TEST_F(Program, SizesAndTracesAreStudiesOfTheirOwn) {
  const auto size = run({"size", "--data", data(), "--scales", "1,1.1,2,3", "--learning-rates",
                         "1e-2,3e-2", "--batch-size", "10", "--budget", "300", "--check-every",
                         "20", "--target", "train_accuracy=0.7", "--study", path("one.db")});
  EXPECT_EQ(size.exit_code, 0) << size.output;
  EXPECT_NE(size.output.find("scales 1.1: the network rounds to that of a smaller scale"),
            std::string::npos)
      << size.output;
  EXPECT_NE(size.output.find("time = c + k n"), std::string::npos) << size.output;
  const auto trace = run({"trace", "--data", data(), "--configs", "adam:1e-2,gd:0.1",
                          "--batch-size", "10", "--budget", "100", "--study", path("one.db")});
  EXPECT_EQ(trace.exit_code, 0) << trace.output;
  EXPECT_NE(trace.output.find("has the highest validation accuracy"), std::string::npos);
  const auto report = run({"report", path("one.db"), "--output", path("page")});
  EXPECT_EQ(report.exit_code, 0) << report.output;
  for (const char* name : {"index.html", "size-every-rate.png", "accuracy-over-steps.svg",
                           "size-sizes.csv", "trace-curves.csv"}) {
    EXPECT_TRUE(std::filesystem::exists(path("page/") + name)) << name;
  }
  const ProcessResult shown =
      run_process({"sh", "-c",
                   std::string(SWEETSPOT_PROGRAM) + " show --json --part trace " + path("one.db") +
                       " > " + path("trace.json")},
                  "");
  EXPECT_EQ(shown.exit_code, 0) << shown.output;
  const auto json = nlohmann::json::parse(std::ifstream(path("trace.json")));
  EXPECT_EQ(json.at("study").at("kind"), "trace");
  expect_refused({"trace", "--from", path("one.db")}, 4,
                 "no sweep in this study, only: size, trace");
  expect_refused({"show", "--json", "--part", "trce", path("one.db")}, 2,
                 "nearest known is 'trace'");
}

TEST_F(Program, SizesAndTracesRefuseWhatTheyCannotTrain) {
  const auto size = [&](const std::string& scales) {
    return std::vector<std::string>{"size", "--data", data(), "--scales", scales};
  };
  expect_refused(size("10:1:0.25"), 2, "reversed");
  expect_refused(size("1:10:0.7"), 2, "do not lead from 1 to 10");
  expect_refused(size("0.1"), 2, "filters become 0");
  expect_refused({"trace", "--data", data()}, 2, "--from SWEEP.db or --configs");
  expect_refused({"trace", "--data", data(), "--configs", "adam"}, 2, "write OPTIMIZER:RATE");
  expect_refused({"trace", "--data", data(), "--configs", "adm:1"}, 2, "nearest known is 'adam'");
  expect_refused({"trace", "--from", path("none.db")}, 4, "no such study file");
  EXPECT_NE(run({"article"}).exit_code, 0);
  expect_refused({"article", "--output", "/proc/none"}, 5, "cannot be made");
}

TEST_F(Program, FindAnswersInWordsAndInJson) {
  const std::string find = fmt::format(
      "{} find --data {} --batch-size 10 --steps 100 --seeds 2 --learning-rates 1e-5:10",
      SWEETSPOT_PROGRAM, data());
  const ProcessResult words = run_process({"sh", "-c", find}, "");
  EXPECT_EQ(words.exit_code, 0) << words.output;
  for (const char* text : {"adam: ", "full trainings of 8,000 steps", "valley", "verified at"}) {
    EXPECT_NE(words.output.find(text), std::string::npos) << words.output;
  }
  const ProcessResult shown =
      run_process({"sh", "-c", find + " --json > " + path("find.json")}, "");
  EXPECT_EQ(shown.exit_code, 0) << shown.output;
  const auto json = nlohmann::json::parse(std::ifstream(path("find.json")));
  EXPECT_EQ(json.at("format"), 1);
  EXPECT_EQ(json.at("suggestions").size(), 4U);
  EXPECT_EQ(json.at("seeds").size(), 2U);
}

TEST_F(Program, FindRefusesWhatItCannotTest) {
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"find", "--data", data(), "--batch-size", "10"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  expect_refused(with({"--optimizer", "adm"}), 2, "nearest known is 'adam'");
  expect_refused(with({"--learning-rates", "1:1e-3"}), 2, "0 < low < high");
  expect_refused(with({"--learning-rates", "1e-3"}), 2, "write low:high");
  expect_refused(with({"--learning-rates", "nan:1"}), 2, "write low:high");
  expect_refused(with({"--learning-rates", "0.01:0.02"}), 2, "at least a decade");
  expect_refused(with({"--steps", "0"}), 2, "steps 0: must be from 20 to 10,000");
  expect_refused(with({"--steps=-3"}), 2, "steps -3: must be from 20");
  expect_refused(with({"--seeds", "0"}), 2, "must be from 1 to");
  expect_refused(with({"--seeds", "65"}), 2, "must be from 1 to 64");
  expect_refused(with({"--semantics", "torch"}), 2, "nearest known is 'pytorch'");
  expect_refused(with({"--optimiser", "gd"}), 2, "nearest known is '--optimizer'");
}

TEST_F(Program, ATraceOfWhatDivergedIsRefused) {
  const auto sweep = run({"sweep", "--data", data(), "--optimizers", "gd", "--learning-rates",
                          "0.1,1e30", "--batch-size", "10", "--budget", "200", "--check-every",
                          "20", "--target", "train_accuracy=0.5", "--study", path("sweep.db")});
  ASSERT_EQ(sweep.exit_code, 0) << sweep.output;
  expect_refused({"trace", "--from", path("sweep.db"), "--configs", "gd:1e30"}, 2, "it diverged");
}

TEST_F(Program, AReportIsWrittenFromAStudy) {
  ASSERT_EQ(run(sweep("study.db")).exit_code, 0);
  const ProcessResult report = run({"report", path("study.db"), "--output", path("out")});
  EXPECT_EQ(report.exit_code, 0) << report.output;
  EXPECT_TRUE(std::filesystem::exists(path("out") + "/index.html"));
}

}  // namespace
}  // namespace sweetspot
