// The program as its users call it with a program of their own: whatever that does, the study goes
// on and says what happened.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/process.hpp"
#include "support/temporary_folder.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Reaches 0.9 after 30 steps at a rate of 0.01, later beside it; saves and goes on, and stops where
// it is told to.
constexpr const char* kTrainer = R"(
rate=$1; step=0
[ -n "$SWEETSPOT_RESUME" ] && step=$(cat "$SWEETSPOT_RESUME/step")
while [ $step -lt ${SWEETSPOT_STEPS:-100} ]; do
  step=$((step + 10))
  [ -n "$SWEETSPOT_CHECKPOINT" ] && echo $step > "$SWEETSPOT_CHECKPOINT/step"
  awk -v r=$rate -v s=$step -v seed=$SWEETSPOT_SEED 'BEGIN { d = log(r / 0.01) / log(10);
    printf "{\"step\": %d, \"accuracy\": %.6f, \"seed\": %d}\n", s, 1 - exp(-0.08 * s * exp(-d * d)), seed }'
done
)";

// The same, and saves nothing.
constexpr const char* kForgetfulTrainer = R"(step=0
while [ $step -lt ${SWEETSPOT_STEPS:-100} ]; do step=$((step + 10))
awk -v r=$1 -v s=$step 'BEGIN { d = log(r / 0.01) / log(10);
  printf "{\"step\": %d, \"accuracy\": %.6f}\n", s, 1 - exp(-0.08 * s * exp(-d * d)) }'; done)";

class Command : public testing::Test {
 protected:
  void SetUp() override { write("train.sh", kTrainer); }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }

  ProcessResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), SWEETSPOT_PROGRAM);
    return run_process(arguments, folder_.path().string());
  }

  // A sweep of a script over two rates.
  std::vector<std::string> sweep(const std::string& script,
                                 std::vector<std::string> more = {}) const {
    fs::remove(path("own.db"));
    write("own.sh", script);
    std::vector<std::string> words = {"sweep",         "--command",     "sh own.sh {rate}",
                                      "--grid",        "rate=0.01,0.1", "--target",
                                      "accuracy>=0.9", "--study",       path("own.db")};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  json shown(const std::string& study) const {
    const std::string file = path(study) + ".json";
    const ProcessResult result = run({"export", path(study), "--json", file});
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return json::parse(std::ifstream(file));
  }
  json trials(const std::string& script, const std::vector<std::string>& more = {}) const {
    const ProcessResult result = run(sweep(script, more));
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return shown("own.db").at("trials");
  }
  // Why the first trial of a script failed.
  std::string failure(const std::string& script, const std::vector<std::string>& more = {}) const {
    const json all = trials(script, more);
    EXPECT_EQ(all[0]["outcome"], "failed");
    return all[0]["note"];
  }

  void expect_refused(const std::vector<std::string>& arguments, const std::string& words) const {
    const ProcessResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.output;
    EXPECT_NE(result.output.find(words), std::string::npos) << result.output;
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << result.output;
  }

  // What of a study no clock decides.
  json results(const std::string& study) const {
    json all = shown(study);
    for (json& trial : all.at("trials")) trial.erase("compute_seconds");
    return {{"trials", all.at("trials")}, {"config", all.at("answer").at("config")}};
  }

  std::vector<std::string> tune(const std::string& study, std::vector<std::string> more) const {
    std::vector<std::string> words = {
        "tune",    "--command", "sh train.sh {learning_rate}", "--learning-rates", "1e-4:1",
        "--study", path(study)};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  testing_support::TemporaryFolder folder_;
};

TEST_F(Command, ASweepFindsTheBandOfAProgram) {
  const ProcessResult result =
      run({"sweep", "--command", "sh train.sh {learning_rate}", "--learning-rates", "1e-4:1:2",
           "--target", "accuracy>=0.9", "--study", path("s.db"), "--parallel", "2"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_NE(result.output.find("Use a learning rate of 0.01: it reaches accuracy>=0.9 in 30 steps"),
            std::string::npos)
      << result.output;
  const json study = shown("s.db");
  EXPECT_EQ(study["optimizers"][0]["best"]["steps"], 30);
  EXPECT_EQ(study["trials"].size(), 9U);
}

TEST_F(Command, EverySearchFindsIt) {
  for (const std::string method : {"auto", "grid", "random", "qmc", "tpe", "gp"}) {
    const ProcessResult result =
        run(tune(method + ".db", {"--method", method, "--cost", "14t", "--maximize", "accuracy",
                                  "--parallel", "2"}));
    EXPECT_EQ(result.exit_code, 0) << method << result.output;
    const json answer = shown(method + ".db")["answer"];
    EXPECT_GT(answer["value"], 0.99) << method;
    EXPECT_EQ(answer["paste"][0]["framework"], "command");
  }
  for (const std::string method : {"auto", "halving", "hyperband", "median", "pbt"}) {
    const ProcessResult result = run(tune(
        "b" + method + ".db", {"--method", method, "--cost", "16x", "--budget", "80", "--maximize",
                               "accuracy", "--parallel", "2", "--check-every", "10"}));
    EXPECT_EQ(result.exit_code, 0) << method << result.output;
    EXPECT_GT(shown("b" + method + ".db")["answer"]["value"], 0.9) << method;
    EXPECT_FALSE(fs::exists(path("b" + method + ".db.files/tune/checkpoints"))) << method;
  }
}

TEST_F(Command, TheStudyIsTheSameWithOneTrialAtATimeAndWithThree) {
  for (const std::string method : {"auto", "halving", "pbt", "gp"}) {
    const std::vector<std::string> common = {"--method",      method, "--cost",   "20x",
                                             "--budget",      "80",   "--target", "accuracy>=0.97",
                                             "--check-every", "10"};
    for (const std::string parallel : {"1", "3"}) {
      std::vector<std::string> more = common;
      more.insert(more.end(), {"--parallel", parallel});
      EXPECT_EQ(run(tune(method + parallel + ".db", more)).exit_code, 0);
    }
    EXPECT_EQ(results(method + "1.db"), results(method + "3.db")) << method;
  }
}

TEST_F(Command, WithoutCheckpointsATrialBeginsAgainAndTheCurveIsWhole) {
  write("train.sh", kForgetfulTrainer);
  EXPECT_EQ(run(tune("h.db", {"--method", "halving", "--cost", "6x", "--budget", "80", "--maximize",
                              "accuracy", "--check-every", "10"}))
                .exit_code,
            0);
  bool any_whole = false;
  const json study = shown("h.db");
  for (const json& trial : study["trials"]) {
    std::vector<int> steps;
    for (const json& row : trial["curve"]["rows"]) steps.push_back(row[0]);
    EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end()));
    for (size_t i = 0; i < steps.size(); ++i) EXPECT_EQ(steps[i], 10 * static_cast<int>(i + 1));
    any_whole = any_whole || steps.size() == 8;
  }
  EXPECT_TRUE(any_whole);
}

// Ends calls by SIGKILL and SIGINT in turn until one comes to its end.
class KilledCommand : public Command {
 protected:
  void run_with_kills(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), SWEETSPOT_PROGRAM);
    for (int call = 0; call < 40; ++call) {
      const pid_t child = fork();
      if (child == 0) become(arguments);
      std::this_thread::sleep_for(std::chrono::milliseconds(60 + 97 * (call % 5)));
      kill(child, call % 2 == 0 ? SIGKILL : SIGINT);
      int status = 0;
      waitpid(child, &status, 0);
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    }
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

// A program that a signal ends between its save and its report leaves that report out.
TEST_F(KilledCommand, WithCheckpointsGoesOnToTheSameOutcomes) {
  EXPECT_EQ(run(halving("whole.db")).exit_code, 0);
  run_with_kills(halving("cut.db"));
  EXPECT_EQ(run(halving("cut.db")).exit_code, 0);
  const json whole = shown("whole.db");
  const json cut = shown("cut.db");
  ASSERT_EQ(cut["trials"].size(), whole["trials"].size());
  for (size_t i = 0; i < cut["trials"].size(); ++i) {
    EXPECT_EQ(cut["trials"][i]["outcome"], whole["trials"][i]["outcome"]) << i;
    EXPECT_EQ(cut["trials"][i]["config"], whole["trials"][i]["config"]) << i;
  }
  EXPECT_FALSE(fs::exists(path("cut.db.files/tune/checkpoints")));
}

TEST_F(Command, TwoOnOneStudyAreRefused) {
  write("slow.sh", "echo '{\"accuracy\": 0.1}'; sleep 5");
  const std::vector<std::string> words = {
      "sweep",       "--command", "sh slow.sh {rate}", "--grid",        "rate=1,2", "--target",
      "accuracy>=1", "--study",   path("two.db"),      "--max-seconds", "3"};
  std::thread first([&] { run(words); });
  std::this_thread::sleep_for(std::chrono::milliseconds(1000));
  const ProcessResult second = run(words);
  EXPECT_EQ(second.exit_code, 4);
  EXPECT_NE(second.output.find("another process is training"), std::string::npos) << second.output;
  first.join();
}

TEST_F(Command, TellsHowAProgramFailed) {
  EXPECT_EQ(failure("echo 'no data' >&2; exit 3").substr(0, 20), "exit code 3: no data");
  EXPECT_NE(failure("kill -SEGV $$").find("SIGSEGV"), std::string::npos);
}

TEST_F(Command, AKilledProgramWasProbablyTooLarge) {
  EXPECT_NE(failure("kill -9 $$").find("probably for memory"), std::string::npos);
}

TEST_F(Command, AProgramThatPrintsNothingIsToldWhatToPrint) {
  EXPECT_NE(failure("true").find("ended without a report"), std::string::npos);
}

TEST_F(Command, AMetricUnderAnotherNameIsNamed) {
  EXPECT_NE(failure("echo '{\"acuracy\": 0.9, \"loss\": 1}'").find("the nearest is 'acuracy'"),
            std::string::npos);
}

TEST_F(Command, AProgramThatNeverEndsIsStopped) {
  EXPECT_NE(failure("sleep 100", {"--stall-seconds", "0.2"}).find("without a report"),
            std::string::npos);
}

TEST_F(Command, ATimeLimitEndsATrialThatHasReported) {
  const json all = trials("echo '{\"accuracy\": 0.5}'; sleep 100", {"--max-trial-seconds", "0.3"});
  EXPECT_EQ(all[0]["outcome"], "exhausted");
  EXPECT_EQ(all[0]["reproducible"], false);
}

TEST_F(Command, ChildrenThatAreLeftBehindEnd) {
  const json all = trials("echo '{\"accuracy\": 0.5}'; sleep 1000 & setsid sleep 1000 & exit 0");
  EXPECT_EQ(all[0]["outcome"], "exhausted");
  EXPECT_NE(all[0]["note"].get<std::string>().find("left behind"), std::string::npos);
}

TEST_F(Command, StepsBackwardsAndTwiceAreLeftOut) {
  const json all =
      trials(R"(for s in 1 2 3 2 3 4; do echo "{\"step\": $s, \"accuracy\": 0.$s}"; done)");
  EXPECT_EQ(all[0]["curve"]["rows"].size(), 4U);
  EXPECT_NE(all[0]["note"].get<std::string>().find("2 of its reports"), std::string::npos);
}

TEST_F(Command, MetricsOfOneStepMayComeOneByOne) {
  const json all = trials(
      R"(echo '{"step": 1, "loss": 2}'; echo '{"step": 1, "accuracy": 0.5}'; echo '{"step": 2, "loss": 1}')");
  const json columns = all[0]["curve"]["columns"];
  const size_t accuracy = columns[1] == "accuracy" ? 1 : 2;
  EXPECT_EQ(all[0]["curve"]["rows"][0][accuracy], 0.5);
  EXPECT_EQ(all[0]["curve"]["rows"][0][3 - accuracy], 2.0);
  EXPECT_EQ(all[0]["curve"]["rows"][1][accuracy], json());
  EXPECT_EQ(all[0]["curve"]["rows"].size(), 2U);
  EXPECT_EQ(all[0]["outcome"], "exhausted");
}

TEST_F(Command, AMuchTalkingProgramIsSurvived) {
  const json all = trials(
      "head -c 30000000 /dev/urandom; yes words | head -c 30000000; echo; echo '{\"accuracy\": "
      "0.95}'");
  EXPECT_EQ(all[0]["outcome"], "reached");
}

TEST_F(Command, ANotFiniteMetricDiverges) {
  EXPECT_EQ(trials("echo '{\"accuracy\": NaN}'; sleep 10", {"--grace", "0.2"})[0]["outcome"],
            "diverged");
}

TEST_F(Command, TextIsReadByAPattern) {
  const json all = trials("echo 'epoch 3: step 30 of 90, acc=0.93'",
                          {"--metric-pattern", R"(step (?<step>\d+) .*acc=(?<accuracy>[0-9.]+))"});
  EXPECT_EQ(all[0]["outcome"], "reached");
  EXPECT_EQ(all[0]["steps"], 30);
}

TEST_F(Command, AReportFileIsReadToo) {
  EXPECT_EQ(
      trials("printf '{\"step\": 7, \"accuracy\": 0.99}' > \"$SWEETSPOT_REPORT\"")[0]["steps"], 7);
}

TEST_F(Command, RetriesAndGivingUp) {
  write("flaky", "");
  const json all =
      trials(R"(echo x >> flaky; [ $(wc -l < flaky) -gt 1 ] || exit 1; echo '{"accuracy": 1}')",
             {"--retries", "1"});
  EXPECT_EQ(all[0]["outcome"], "reached");

  const ProcessResult result =
      run({"sweep", "--command", "sh -c 'exit 1' {rate}", "--grid", "rate=1,2,3,4,5,6,7,8,9",
           "--target", "accuracy>=1", "--give-up-after", "3", "--study", path("up.db")});
  EXPECT_EQ(result.exit_code, 6) << result.output;
  EXPECT_NE(result.output.find("the last 3 trainings failed alike: exit code 1"),
            std::string::npos);
  // Mended, they can be tried again.
  EXPECT_EQ(run({"sweep", "--command", "sh -c 'exit 1' {rate}", "--grid", "rate=1,2,3,4,5,6,7,8,9",
                 "--target", "accuracy>=1", "--give-up-after", "0", "--retry-failed", "--study",
                 path("up.db")})
                .exit_code,
            0);
}

TEST_F(Command, ACheckpointThatCannotBeGoneOnFromIsLeft) {
  // What it saves is no number, so that going on from it fails.
  std::string broken = kTrainer;
  broken.replace(broken.find("echo $step >"), 12, "echo half >");
  write("train.sh", broken);
  const ProcessResult result =
      run(tune("broken.db", {"--method", "halving", "--cost", "6x", "--budget", "80", "--maximize",
                             "accuracy", "--check-every", "10"}));
  EXPECT_EQ(result.exit_code, 0) << result.output;
  bool any_said = false;
  const json study = shown("broken.db");
  for (const json& trial : study["trials"]) {
    any_said =
        any_said || trial["note"].get<std::string>().find("began again") != std::string::npos;
  }
  EXPECT_TRUE(any_said);
}

TEST_F(Command, ThePopulationNeedsCheckpoints) {
  write("train.sh", R"(step=0; while [ $step -lt 100 ]; do step=$((step + 10));
echo "{\"step\": $step, \"accuracy\": 0.$step}"; sleep 0.01; done)");
  const ProcessResult result =
      run(tune("p.db", {"--method", "pbt", "--cost", "4x", "--population", "4", "--budget", "80",
                        "--maximize", "accuracy", "--check-every", "10"}));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.output.find("SWEETSPOT_CHECKPOINT"), std::string::npos) << result.output;
}

TEST_F(Command, BadInputIsOneLine) {
  const std::vector<std::string> end = {"--target", "accuracy>=0.9", "--study", path("bad.db")};
  const auto words = [&](std::vector<std::string> begin) {
    begin.insert(begin.end(), end.begin(), end.end());
    return begin;
  };
  expect_refused(words({"sweep", "--command", "no-such-program {rate}", "--grid", "rate=1"}),
                 "no program no-such-program on PATH");
  expect_refused(words({"sweep", "--command", "./train.sh {rate}", "--grid", "rate=1"}),
                 "cannot be executed");
  expect_refused(words({"sweep", "--command", "sh train.sh {lr}", "--grid", "rate=1"}),
                 "unknown placeholder 'lr'; the nearest known is 'rate'");
  expect_refused(words({"sweep", "--command", "sh train.sh", "--grid", "rate=1"}),
                 "no placeholder takes the parameter rate");
  expect_refused(words({"sweep", "--command", "sh train.sh"}), "nothing varies");
  expect_refused(words({"sweep", "--command", "sh 'train.sh {rate}", "--grid", "rate=1"}),
                 "is not closed");
  expect_refused(
      words({"sweep", "--command", "sh t {rate}", "--grid", "rate=1", "--model", "tiny"}),
      "model: is a network's");
  expect_refused(words({"sweep", "--command", "sh t {rate}", "--grid", "rate="}), "grid 'rate='");
  expect_refused(words({"sweep", "--parallel", "2"}), "go with --command");
  expect_refused(words({"tune", "--command", "sh t {learning_rate}", "--learning-rates", "1e-3:1",
                        "--method", "halving"}),
                 "judges trainings on their way; give --budget");
  expect_refused(words({"tune", "--command", "sh t {learning_rate}", "--learning-rates", "1e-3:1",
                        "--cost", "4000"}),
                 "write trials as 40t");
  expect_refused(words({"tune", "--command", "sh t {learning_rate}", "--learning-rates", "1e-3:1",
                        "--maximize", "accuracy"}),
                 "leave --target away");
  expect_refused({"tune", "--command", "sh t {learning_rate}", "--learning-rates", "1e-3:1",
                  "--study", path("bad.db")},
                 "a search needs --target");
  EXPECT_FALSE(fs::exists(path("bad.db")));
}

TEST_F(Command, AStudyFileSaysTheSameAsFlags) {
  write("study.toml", R"(
command = "sh train.sh {learning_rate}"
maximize = "accuracy"
method = "gp"
cost = "12t"
parallel = 2

[space.learning_rate]
type = "log"
low = 1e-4
high = 1
)");
  EXPECT_EQ(run({"tune", "study.toml", "--study", path("toml.db")}).exit_code, 0);
  EXPECT_EQ(run(tune("flags.db", {"--method", "gp", "--cost", "12t", "--maximize", "accuracy"}))
                .exit_code,
            0);
  EXPECT_EQ(results("toml.db"), results("flags.db"));
  const ProcessResult printed = run({"tune", "study.toml", "--print-config"});
  write("printed.toml", printed.output);
  EXPECT_EQ(run({"tune", "printed.toml", "--study", path("printed.db")}).exit_code, 0)
      << printed.output;
  EXPECT_EQ(results("toml.db"), results("printed.db"));
}

TEST_F(Command, CheckSaysWhatItUnderstood) {
  const ProcessResult good =
      run({"check", "--command", "sh train.sh {learning_rate}", "--learning-rates", "1e-4:1",
           "--maximize", "accuracy", "--budget", "100"});
  EXPECT_EQ(good.exit_code, 0) << good.output;
  EXPECT_NE(good.output.find("accuracy"), std::string::npos);
  const ProcessResult wrong = run({"check", "--command", "sh train.sh {learning_rate}",
                                   "--learning-rates", "1e-4:1", "--maximize", "acc"});
  EXPECT_EQ(wrong.exit_code, 6) << wrong.output;
  EXPECT_NE(wrong.output.find("the nearest is 'accuracy'"), std::string::npos) << wrong.output;
}

TEST_F(Command, ASizeStudyScalesAProgram) {
  write("size.sh",
        R"(awk -v n=$1 'BEGIN { printf "{\"step\": %d, \"accuracy\": 1}\n", 10 + 5 * n }')");
  const ProcessResult result =
      run({"size", "--command", "sh size.sh {scale}", "--scales", "1,2,3,4", "--target",
           "accuracy>=0.9", "--study", path("size.db")});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_NE(result.output.find("reaches accuracy>=0.9 at 4 of 4 sizes. Per unit of scale its steps "
                               "change by 5"),
            std::string::npos)
      << result.output;
}

}  // namespace
}  // namespace sweetspot
