// Whatever a program of one's own does, the study goes on and says what happened.
#include <gtest/gtest.h>

#include "support/own_program.hpp"

namespace sweetspot {
namespace {

using testing_support::Command;
using testing_support::json;
using testing_support::kTrainer;

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
  const json all = trials("echo '{\"accuracy\": 0.5}'; sleep 100",
                          {"--max-trial-seconds", "3", "--parallel", "2"});
  EXPECT_EQ(all[0]["outcome"], "exhausted");
  EXPECT_EQ(all[0]["reproducible"], false);
}

TEST_F(Command, ChildrenThatAreLeftBehindEnd) {
  // Until the second is in a session of its own.
  const json all = trials(R"sh(echo '{"accuracy": 0.5}'; sleep 1000 & setsid sleep 1000 &
until [ "$(cut -d' ' -f6 /proc/$!/stat)" = $! ]; do sleep 0.01; done
exit 0)sh");
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

TEST_F(Command, APatternThatMatchesNothingIsSaid) {
  const std::string why = failure("echo epoch 1; echo a warning >&2; echo epoch 2",
                                  {"--metric-pattern", "acc=(?<accuracy>[0-9.]+)"});
  EXPECT_NE(why.find("--metric-pattern matched none of 3 lines; the last: epoch 2"),
            std::string::npos)
      << why;
}

TEST_F(Command, StepsThatAreNoneAreSaid) {
  const json all =
      trials(R"(for s in '"2"' -1 1.5 1; do echo "{\"step\": $s, \"accuracy\": 0.5}"; done)");
  EXPECT_EQ(all[0]["outcome"], "exhausted");
  EXPECT_EQ(all[0]["curve"]["rows"].size(), 1U);
  EXPECT_NE(all[0]["note"].get<std::string>().find("3 lines had a step that is no whole number"),
            std::string::npos)
      << all[0]["note"];
  EXPECT_NE(failure(R"(echo '{"step": -1, "accuracy": 1}')").find("no whole number from 0"),
            std::string::npos);
}

TEST_F(Command, HalfALastLineOfAKilledProgramIsNoReport) {
  // Without it the second would have reached the target.
  for (const std::string end : {"kill -9 $$", "sh -c 'kill -9 $$'; exit $?"}) {
    const json all = trials("echo acc=0.5; printf acc=0.9; " + end,
                            {"--metric-pattern", "acc=(?<accuracy>[0-9.]+)"}, 6);
    EXPECT_EQ(all[0]["outcome"], "failed") << end;
    EXPECT_EQ(all[0]["curve"]["rows"].size(), 1U) << end;
  }
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
  const ProcessResult one = run(sweep("exit 1", {"--give-up-after", "1"}));
  EXPECT_NE(one.output.find("sweetspot: the last training failed: exit code 1"), std::string::npos)
      << one.output;
  // Mended, they can be tried again.
  EXPECT_EQ(run({"sweep", "--command", "sh -c 'exit 1' {rate}", "--grid", "rate=1,2,3,4,5,6,7,8,9",
                 "--target", "accuracy>=1", "--give-up-after", "0", "--retry-failed", "--study",
                 path("up.db")})
                .exit_code,
            6);
}

TEST_F(Command, WhereAllTrainingsFailTheExitCodeSaysSo) {
  const ProcessResult failed = run(sweep("exit 3"));
  EXPECT_EQ(failed.exit_code, 6) << failed.output;
  EXPECT_NE(failed.output.find("sweetspot: all 2 trainings failed; the last: exit code 3"),
            std::string::npos)
      << failed.output;
  EXPECT_NE(failed.output.find("Nothing reached"), std::string::npos) << failed.output;
  write("train.sh", "exit 3");
  EXPECT_EQ(run(tune("t.db", {"--maximize", "accuracy", "--cost", "3t"})).exit_code, 6);
  // What diverges, falls short, or fails beside others that do not is a result.
  EXPECT_EQ(run(sweep("echo '{\"accuracy\": NaN}'")).exit_code, 0);
  EXPECT_EQ(run(sweep("echo '{\"accuracy\": 0.1}'")).exit_code, 0);
  EXPECT_EQ(run(sweep("echo '{\"accuracy\": 0.1}'; [ $1 = 0.1 ]")).exit_code, 0);
}

TEST_F(Command, TheLastProgressCountsEveryTrialOnce) {
  const ProcessResult alone = run(tune("t.db", {"--maximize", "accuracy", "--cost", "3t"}));
  EXPECT_NE(alone.output.find("3/3 trials ended, best accuracy"), std::string::npos)
      << alone.output;
  std::vector<std::string> words = sweep("echo '{\"accuracy\": 0.1}'");
  words.insert(words.end(), {"--store", path("shared.db")});
  words[std::find(words.begin(), words.end(), "--study") - words.begin() + 1] = "shared";
  const ProcessResult shared = run(words);
  EXPECT_NE(shared.output.find("2/2 trials ended, 0 reached"), std::string::npos) << shared.output;
}

TEST_F(Command, AMetricWithoutAStepBelongsToTheLastStep) {
  const std::string script = R"(echo '{"step": 100, "loss": 1}'; echo '{"accuracy": 0.95}')";
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, {"--budget", "100"}, {"--budget", "50"}}) {
    const json all = trials(script, more);
    EXPECT_EQ(all[0]["steps"], 100);
    ASSERT_EQ(all[0]["curve"]["rows"].size(), 1U) << all[0];
    const json columns = all[0]["curve"]["columns"];
    EXPECT_EQ(all[0]["curve"]["rows"][0][columns[1] == "accuracy" ? 1 : 2], 0.95) << all[0];
    if (more.empty()) {
      EXPECT_EQ(all[0]["outcome"], "reached");
    }
    EXPECT_EQ(all[0]["note"], "");
  }
  const ProcessResult check = run({"check", "--command", "sh own.sh {learning_rate}",
                                   "--learning-rates", "1e-4:1", "--maximize", "accuracy"});
  EXPECT_EQ(check.exit_code, 0) << check.output;
  EXPECT_EQ(check.output.find("101 step"), std::string::npos) << check.output;
}

TEST_F(Command, ACheckWaitsForAMetricThatComesAtTheEnd) {
  write("own.sh", R"(for s in $(seq 50); do echo "{\"step\": $s, \"loss\": 1}"; done; sleep 0.5
echo '{"accuracy": 0.95}')");
  const ProcessResult check = run({"check", "--command", "sh own.sh {learning_rate}",
                                   "--learning-rates", "1e-4:1", "--maximize", "accuracy"});
  EXPECT_EQ(check.exit_code, 0) << check.output;
  EXPECT_NE(check.output.find("(51 reports"), std::string::npos) << check.output;
}

TEST_F(Command, ACheckSaysWhereATrialWouldDiverge) {
  const auto checked = [&](const std::string& first, const std::string& second) {
    write("own.sh", R"(echo '{"step": 1, "accuracy": )" + first + R"(}'
echo '{"step": 2, "accuracy": )" +
                        second + "}'");
    return run({"check", "--command", "sh own.sh {learning_rate}", "--learning-rates", "1e-4:1",
                "--maximize", "accuracy"})
        .output;
  };
  EXPECT_NE(checked("0.5", "null").find("diverged         at step 2"), std::string::npos);
  EXPECT_NE(checked("1e999", "0.5").find("diverged         at step 1"), std::string::npos);
  EXPECT_EQ(checked("null", "0.5").find("diverged"), std::string::npos);
}

TEST_F(Command, NullIsNotYetBeforeTheFirstNumberAndDivergesAfterIt) {
  const auto line = [](int step, const std::string& value) {
    return "echo '{\"step\": " + std::to_string(step) + ", \"accuracy\": " + value + "}'\n";
  };
  EXPECT_EQ(trials(line(1, "null") + line(2, "null") + line(3, "0.95"))[0]["outcome"], "reached");
  EXPECT_EQ(trials(line(1, "0.5") + line(2, "null") + line(3, "0.95"))[0]["outcome"], "diverged");
  EXPECT_EQ(trials(line(1, "null") + line(2, "1e999") + line(3, "0.95"))[0]["outcome"], "diverged");
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, {"--budget", "2"}, {"--budget", "1"}}) {
    const std::string why = failure(line(1, "null") + line(2, "null"), more);
    EXPECT_NE(why.find("its accuracy was null in 2 reports, and never a number"), std::string::npos)
        << why;
  }
  EXPECT_NE(failure(line(1, "\"0.95\", \"loss\": 1")).find("its accuracy was a text in 1 report"),
            std::string::npos);
  const ProcessResult check = run({"check", "--command", "sh own.sh {learning_rate}",
                                   "--learning-rates", "1e-4:1", "--maximize", "accuracy"});
  EXPECT_EQ(check.exit_code, 6) << check.output;
}

TEST_F(Command, ReportsThatAreNotQuiteJsonAreReadAndOthersAreSaid) {
  const json all = trials(R"(printf '\357\273\277{"step": 1, "accuracy": 0.1}\n'
printf '{"step": 2, "accuracy": 0.2, "note": "caf\351"}\n'
printf '{"step": 3, "accuracy": 0.3, "note": "a\tb"}\n'
echo '{"step": 4, "accuracy": 0.4, "note": "\ud800"}'
echo '{"step": 5, "accuracy": 0.5, "loss": 1e999}'
echo "{\"step\": 6, 'accuracy': 0.6}"
printf '{"step": 7, "accuracy": 0.7, "weights": [%0100000d]}\n' 1)");
  EXPECT_EQ(all[0]["curve"]["rows"].size(), 6U) << all[0];
  EXPECT_EQ(all[0]["note"],
            "1 line that begins as JSON could not be read: wrong at character 13: "
            "{\"step\": 6, 'accuracy': 0.6}");
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

}  // namespace
}  // namespace sweetspot
