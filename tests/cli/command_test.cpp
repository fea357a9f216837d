// Studies of a program of one's own: what is asked for, and what is answered.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/own_program.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;
using testing_support::Command;
using testing_support::json;
using testing_support::kForgetfulTrainer;

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

// By its own early stopping, say: further steps would be the same ones again.
TEST_F(Command, AProgramThatEndsItselfBeforeTheBudgetHasEnded) {
  write("train.sh", R"(echo x >> runs; step=0
until [ $step -ge ${SWEETSPOT_STEPS} ] || [ $step = 60 ]; do step=$((step + 5))
awk -v r=$1 -v s=$step 'BEGIN { d = log(r / 0.01) / log(10);
  printf "{\"step\": %d, \"accuracy\": %.6f}\n", s, exp(-d * d) }'; done)");
  for (const std::string method : {"median", "halving", "hyperband", "auto"}) {
    fs::remove(path("runs"));
    const ProcessResult result =
        run(tune(method + ".db", {"--method", method, "--cost", "8x", "--budget", "400",
                                  "--maximize", "accuracy", "--check-every", "10"}));
    EXPECT_EQ(result.exit_code, 0) << result.output;
    const json study = shown(method + ".db");
    int exhausted = 0;
    for (const json& trial : study["trials"]) {
      if (trial["curve"]["rows"].size() < 12) continue;
      EXPECT_EQ(trial["outcome"], "exhausted") << method << trial;
      ++exhausted;
    }
    EXPECT_GT(exhausted, 0) << method;
    EXPECT_GT(study["answer"]["value"], 0.5) << method;
    std::ifstream runs(path("runs"));
    const auto count = std::count(std::istreambuf_iterator<char>(runs), {}, '\n');
    // 60 steps are gone to in at most four stretches.
    EXPECT_LE(count, static_cast<int>(4 * study["trials"].size())) << method;
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
  expect_refused(words({"sweep", "--command", "/tmp {rate}", "--grid", "rate=1"}),
                 "/tmp cannot be executed: Is a directory");
  for (const std::string gpus : {"a", ",", "0,", "0, 1", "-1", "GPU-"}) {
    expect_refused(
        words({"sweep", "--command", "sh t {rate}", "--grid", "rate=1", "--gpus=" + gpus}),
        "--gpus: '");
  }
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
  expect_refused(words({"sweep", "--command", "sh t {rate}", "--grid", "rate=1",
                        "--keep-environment", "PGPASWORD"}),
                 "the nearest known is 'PGPASSWORD'");
  const std::string secret = "host=localhost password=hidden";
  expect_refused({"show", secret}, "a connection string is not taken");
  expect_refused({"sweep", "--command", "sh t {rate}", "--grid", "rate=1", "--study", secret},
                 "a connection string is not taken");
  EXPECT_EQ(run({"sweep", "--command", "sh t {rate}", "--grid", "rate=1", "--study", secret})
                .output.find("hidden"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(path(secret)));
  expect_refused(words({"tune", "--command", "sh t {learning_rate}", "--learning-rates", "1e-3:1",
                        "--method", "halving"}),
                 "judges trainings on their way; give --budget");
  expect_refused(words({"tune", "--command", "sh t {learning_rate}", "--learning-rates", "1e-3:1",
                        "--cost", "4000"}),
                 "write trials as 40t");
  expect_refused(words({"tune", "--command", "sh t {learning_rate}", "--learning-rates", "1e-3:1",
                        "--maximize", "accuracy"}),
                 "leave --target away");
  expect_refused(words({"tune", "--command", "sh t {learning_rate}", "--learning-rates", "1e-3:1",
                        "--retry-failed"}),
                 "a search has gone on from its failures");
  expect_refused({"tune", "--command", "sh t {learning_rate}", "--learning-rates", "1e-3:1",
                  "--study", path("bad.db")},
                 "a search needs --target");
  EXPECT_FALSE(fs::exists(path("bad.db")));
}

TEST_F(Command, AStudyOfOtherSettingsNamesTheOneThatDiffers) {
  const std::vector<std::string> gp = {"--method", "gp", "--cost", "2t", "--maximize", "accuracy"};
  EXPECT_EQ(run(tune("other.db", gp)).exit_code, 0);
  const ProcessResult other =
      run(tune("other.db", {"--method", "gp", "--cost", "3t", "--maximize", "accuracy"}));
  EXPECT_EQ(other.exit_code, 4);
  EXPECT_EQ(other.output,
            "sweetspot: the study was made with other settings: cost: 2t in the study, 3t now; use "
            "another --study file\n");
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
