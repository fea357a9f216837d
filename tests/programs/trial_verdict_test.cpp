#include "programs/trial_verdict.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

namespace sweetspot::programs {
namespace {

RunFacts facts() {
  RunFacts facts;
  facts.judged_metric = "accuracy";
  facts.has_judged_metric = true;
  return facts;
}

TEST(TrialVerdict, ARunWithAReportThatExitsWellHasNotFailed) {
  EXPECT_EQ(failure_of(facts()), "");
}

TEST(TrialVerdict, TellsHowARunFailed) {
  RunFacts f = facts();
  f.end.exit_code = 1;
  f.last_line = "ValueError: no data";
  EXPECT_EQ(failure_of(f), "exit code 1: ValueError: no data");
  f.end.exit_code = 0;
  f.end.signal = SIGSEGV;
  EXPECT_EQ(failure_of(f), "ended by signal SIGSEGV: ValueError: no data");
  f.end.signal = SIGKILL;
  f.end.peak_bytes = 3'000'000'000;
  EXPECT_EQ(failure_of(f),
            "killed by SIGKILL, probably for memory; its largest process held 3.0 GB");
  f.was_out_of_memory = true;
  EXPECT_NE(failure_of(f).find("killed for memory (its cgroup says so)"), std::string::npos);
  f = facts();
  f.end.start_error = ENOENT;
  EXPECT_EQ(failure_of(f), "cannot be started: No such file or directory");
}

TEST(TrialVerdict, NamesTheNearestMetricWhereTheJudgedOneIsMissing) {
  RunFacts f = facts();
  f.has_judged_metric = false;
  f.other_metrics = {"acc", "loss"};
  EXPECT_EQ(failure_of(f),
            "no report has the metric accuracy; the nearest is 'acc'; it reports acc, loss");
  f.other_metrics.clear();
  EXPECT_NE(failure_of(f).find("ended without a report"), std::string::npos);
}

TEST(TrialVerdict, SaysWhyAPatternGaveNothing) {
  RunFacts f = facts();
  f.has_judged_metric = false;
  f.has_pattern = true;
  EXPECT_EQ(failure_of(f), "it wrote no line that --metric-pattern could match");
  f.lines.all = 12;
  f.last_line = "a warning";
  f.last_output = "epoch 3";
  EXPECT_EQ(failure_of(f), "--metric-pattern matched none of 12 lines; the last: epoch 3");
  f.lines.matched = 2;
  EXPECT_EQ(failure_of(f),
            "--metric-pattern matched 2 of 12 lines, but its metrics were no numbers; the last: "
            "epoch 3");
}

TEST(TrialVerdict, SaysThatStepsAreUnusable) {
  RunFacts f = facts();
  f.has_judged_metric = false;
  f.lines.bad_steps = 1;
  f.last_line = R"({"step": "7", "accuracy": 1})";
  EXPECT_EQ(failure_of(f),
            "it ended without a report: 1 line had a step that is no whole number from 0; its "
            R"(output ended with: {"step": "7", "accuracy": 1})");
}

TEST(TrialVerdict, WhatSweetspotStoppedHasFailedOnlyAtALimit) {
  RunFacts f = facts();
  f.end.signal = SIGTERM;
  for (const StopReason reason : {StopReason::reached, StopReason::paused, StopReason::hopeless}) {
    f.stop = reason;
    EXPECT_EQ(failure_of(f), "");
  }
  f.stop = StopReason::stalled;
  f.limit_seconds = 30;
  EXPECT_EQ(failure_of(f), "stopped after 30.0 s without a report (--stall-seconds)");
}

TEST(TrialVerdict, FailuresAreOfOneKindWhateverTheirNumbers) {
  EXPECT_EQ(failure_kind("exit code 1: loss at 0x7ffe12 is 3.5e-05, line 12"),
            failure_kind("exit code 1: loss at 0x55aa is 12.25e+17, line 7"));
  EXPECT_NE(failure_kind("exit code 1: bad"), failure_kind("exit code 1: worse"));
}

}  // namespace
}  // namespace sweetspot::programs
