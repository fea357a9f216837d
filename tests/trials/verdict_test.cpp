#include "trials/verdict.hpp"

#include <gtest/gtest.h>

namespace sweetspot::trials {
namespace {

study::Settings to_target(double value, bool at_most = false) {
  study::Settings settings;
  settings.target = {.metric = "accuracy", .value = value, .at_most = at_most};
  settings.budget = 1000;
  return settings;
}

OpenTrial at(uint64_t step, double score, uint64_t until = 1000) {
  OpenTrial open;
  open.until = until;
  open.history = {{step, score}};
  return open;
}

Verdict judged(const study::Settings& settings, OpenTrial open, const EarlyStopping& rule = {}) {
  return judge(settings, rule, open);
}

TEST(Verdict, ATrialGoesOnUntilItsStretchEnds) {
  EXPECT_EQ(judged(to_target(0.9), at(100, 0.5, 200)), Verdict::go_on);
  EXPECT_EQ(judged(to_target(0.9), at(200, 0.5, 200)), Verdict::pause);
  EXPECT_EQ(judged(to_target(0.9), at(250, 0.5, 200)), Verdict::pause);
}

TEST(Verdict, TheTargetComesBeforeTheBudget) {
  EXPECT_EQ(judged(to_target(0.9), at(1000, 0.9)), Verdict::reached);
  EXPECT_EQ(judged(to_target(0.9), at(1000, 0.8)), Verdict::exhausted);
}

TEST(Verdict, AScoreIsTheLargerTheBetter) {
  // A loss of 0.2 is a score of -0.2.
  EXPECT_EQ(judged(to_target(0.25, /*at_most=*/true), at(100, -0.2)), Verdict::reached);
  EXPECT_EQ(judged(to_target(0.25, /*at_most=*/true), at(100, -0.3)), Verdict::go_on);
}

TEST(Verdict, TheLastStretchEndsTheTrial) {
  OpenTrial open = at(200, 0.5, 200);
  open.is_last = true;
  EXPECT_TRUE(is_final(to_target(0.9), open));
  EXPECT_EQ(judged(to_target(0.9), open), Verdict::exhausted);
}

TEST(Verdict, TheRuleGivesUpWhatStaysAtItsFirstAccuracy) {
  const EarlyStopping rule = {.is_on = true};
  OpenTrial open = at(50, 0.1);
  for (uint64_t step = 100; step <= 900; step += 50) open.history.push_back({step, 0.1});
  EXPECT_EQ(judge(to_target(0.9), rule, open), Verdict::hopeless);
  EXPECT_EQ(open.trial.given_up_at, 900U);
  EXPECT_FALSE(open.trial.note.empty());
  EXPECT_EQ(judged(to_target(0.9), open, {.is_on = false}), Verdict::go_on);
}

TEST(Verdict, AnAuditOnlyNotesWhatTheRuleWouldDo) {
  study::Settings settings = to_target(0.9);
  settings.audit = true;
  OpenTrial open = at(50, 0.1);
  for (uint64_t step = 100; step <= 900; step += 50) open.history.push_back({step, 0.1});
  EXPECT_EQ(judge(settings, {.is_on = true}, open), Verdict::go_on);
  EXPECT_EQ(open.trial.given_up_at, 900U);
  EXPECT_TRUE(open.trial.note.starts_with("would have been given up: "));
}

TEST(Verdict, AScoreIsFoundByTheMetricsName) {
  const study::Curve curve{.metrics = {"loss", "accuracy"}, .points = {}};
  const study::Settings settings = to_target(0.9);
  EXPECT_EQ(judged_score(settings, curve, {.step = 1, .values = {2.0, 0.5}}), 0.5);
  EXPECT_EQ(judged_score(settings, curve, {.step = 1, .values = {2.0}}), std::nullopt);
  EXPECT_EQ(judged_score(settings, curve, {.step = 1, .values = {2.0, std::nullopt}}),
            std::nullopt);
}

}  // namespace
}  // namespace sweetspot::trials
