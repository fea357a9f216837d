#include "cli/progress.hpp"

#include <gtest/gtest.h>

#include "run/speed_estimate.hpp"

namespace sweetspot::cli {
namespace {

run::RunProgress of_search() {
  study::Settings settings;
  settings.kind = study::Kind::tune;
  settings.search.objective = study::parse_objective("least:loss");
  settings.target = study::parse_target("none");
  return run::progress_of(settings);
}

TEST(Progress, SaysTheBestSoFarAndNoTargetWhereThereIsNone) {
  run::RunProgress p = of_search();
  p.cost_trials = 20;
  p.trials = 6;
  p.ended = 4;
  p.best_score = -0.25;
  p.seconds = 30;
  p.seconds_left = 120;
  EXPECT_EQ(progress_text(p), "4/20 trials ended, best loss 0.25, 30.0 s, about 2 min 00 s left");
  p.has_target = true;
  p.fewest_steps = 450;
  p.reached = 1;
  p.steps_per_second = 1234.5;
  EXPECT_EQ(progress_text(p),
            "4/20 trials ended, 1 reached, the fastest in 450 steps, 1,234 steps/s, 30.0 s, about "
            "2 min 00 s left");
  p.is_over = true;
  EXPECT_EQ(progress_text(p),
            "4/6 trials ended, 1 reached, the fastest in 450 steps, 1,234 steps/s, 30.0 s");
}

TEST(Progress, ASlowRateIsOneAMinuteOrAnHour) {
  run::RunProgress p = of_search();
  p.steps_per_second = 0.5;
  EXPECT_NE(progress_text(p).find("30 steps/min"), std::string::npos) << progress_text(p);
  p.steps_per_second = 0.001;
  EXPECT_NE(progress_text(p).find("3.6 steps/h"), std::string::npos) << progress_text(p);
  p.steps_per_second = 0;
  EXPECT_EQ(progress_text(p).find("steps/"), std::string::npos) << progress_text(p);
}

// Reports a minute apart, looked at twice a second.
TEST(Progress, TheRateDoesNotFallToNothingBetweenReports) {
  run::SpeedEstimate speed;
  trials::Totals totals;
  run::RunProgress before;
  before.cost = 1000;
  for (int look = 1; look <= 600; ++look) {
    totals.trial_steps = static_cast<uint64_t>(look / 120) * 60;
    const run::RunProgress now = speed.progress(before, totals, 0.5 * look);
    if (look < 120) {
      EXPECT_EQ(now.steps_per_second, 0);
      EXPECT_LT(now.seconds_left, 0);
    } else {
      EXPECT_GT(now.steps_per_second, 0.4) << look;
      EXPECT_LT(now.steps_per_second, 2.1) << look;
      EXPECT_GT(now.seconds_left, 0) << look;
    }
  }
}

TEST(Progress, TimeLeftCountsWhatTheSearchHasYetToPropose) {
  run::SpeedEstimate speed(2);
  run::RunProgress before;
  before.cost_trials = 10;
  trials::Totals totals{.added = 4, .ended = 1, .open = 3};
  EXPECT_LT(speed.progress(before, totals, 5).seconds_left, 0);
  totals.ended = 2;
  EXPECT_EQ(speed.progress(before, totals, 10).seconds_left, 40);
}

}  // namespace
}  // namespace sweetspot::cli
