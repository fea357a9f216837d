// Trials that report on their way, on curves whose end is known.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <map>
#include <sweetspot/sweetspot.hpp>

namespace sweetspot {
namespace {

constexpr uint64_t kSteps = 81;

space::Space line() {
  return space::Space({{"x", space::Uniform{0, 1}}});
}

// Rises to 1 - |x - 0.3|, never crossing another one.
double curve(double x, uint64_t step) {
  const double progress = static_cast<double>(step) / kSteps;
  return (1 - std::abs(x - 0.3)) * (0.2 + 0.8 * progress);
}

double train(Trial& trial, std::atomic<uint64_t>& steps) {
  const double x = trial.value_of("x");
  for (uint64_t step = 1; step <= kSteps; ++step) {
    ++steps;
    if (!trial.report(step, curve(x, step))) return -1;
  }
  return curve(x, kSteps);
}

StudyOptions options_of(const std::string& method) {
  return {.direction = Direction::maximize,
          .method = method,
          .trials = 54,
          .round = 6,
          .steps = kSteps,
          .report_every = 1};
}

TEST(Pruning, SparesMostStepsAndKeepsTheBest) {
  for (const std::string method : {"auto", "halving", "hyperband", "median"}) {
    std::atomic<uint64_t> steps{0};
    Study study(line(), options_of(method));
    study.optimize([&](Trial& trial) { return train(trial, steps); });
    const std::vector<TrialResult> trials = study.trials();
    // Every config trained whole: what the best of them would have come to.
    double best = 0;
    uint64_t trained = 0;
    size_t pruned = 0;
    for (const TrialResult& trial : trials) {
      best = std::max(best, curve(space::number_in(trial.config, "x"), kSteps));
      trained += trial.steps;
      pruned += trial.outcome == study::Outcome::pruned ? 1 : 0;
      EXPECT_TRUE(trial.outcome.has_value());
      EXPECT_EQ(trial.curve.size(), trial.steps);
      EXPECT_EQ(trial.curve.back().step, trial.steps);
    }
    EXPECT_EQ(trained, steps.load()) << method;
    EXPECT_LT(trained, trials.size() * kSteps * 7 / 10) << method;
    EXPECT_GT(pruned, trials.size() / 4) << method;
    ASSERT_TRUE(study.best().has_value()) << method;
    EXPECT_GT(*study.best()->value, best - 0.02) << method;
    EXPECT_EQ(study.best()->steps, kSteps) << method;
  }
}

// Searches compare values of any sign and size: the same trials whichever way is better.
TEST(Pruning, IsTheSameWhicheverWayIsBetter) {
  for (const std::string method : {"auto", "halving", "hyperband", "median"}) {
    std::atomic<uint64_t> steps{0};
    Study upwards(line(), options_of(method));
    upwards.optimize([&](Trial& trial) { return train(trial, steps); });
    StudyOptions options = options_of(method);
    options.direction = Direction::minimize;
    Study downwards(line(), options);
    downwards.optimize([&](Trial& trial) {
      const double x = trial.value_of("x");
      for (uint64_t step = 1; step <= kSteps; ++step) {
        if (!trial.report(step, 70 - 40 * curve(x, step))) break;
      }
      return 70 - 40 * curve(x, kSteps);
    });
    const std::vector<TrialResult> a = upwards.trials();
    const std::vector<TrialResult> b = downwards.trials();
    ASSERT_EQ(a.size(), b.size()) << method;
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].config, b[i].config) << method;
      EXPECT_EQ(a[i].steps, b[i].steps) << method;
      EXPECT_EQ(a[i].outcome, b[i].outcome) << method;
    }
  }
}

TEST(Pruning, IsTheSameWithOneThreadAndSeveral) {
  std::vector<std::vector<TrialResult>> found;
  for (const int threads : {1, 2, 8}) {
    std::atomic<uint64_t> steps{0};
    Study study(line(), options_of("hyperband"));
    study.optimize([&](Trial& trial) { return train(trial, steps); }, {.threads = threads});
    found.push_back(study.trials());
    for (TrialResult& trial : found.back()) trial.seconds = 0;
  }
  EXPECT_EQ(found[0], found[1]);
  EXPECT_EQ(found[0], found[2]);
}

TEST(Pruning, AskedTrialsPauseAndComeAgain) {
  std::atomic<uint64_t> steps{0};
  Study called(line(), options_of("halving"));
  called.optimize([&](Trial& trial) { return train(trial, steps); });
  Study study(line(), options_of("halving"));
  std::map<int, uint64_t> paused_at;
  size_t pauses = 0;
  while (const std::optional<AskedTrial> asked = study.ask()) {
    EXPECT_EQ(asked->from, paused_at[asked->number]);
    const double x = space::number_in(asked->config, "x");
    Advice advice = Advice::go_on;
    uint64_t step = asked->from;
    while (advice == Advice::go_on && step < kSteps) {
      ++step;
      advice = study.report(asked->number, step, curve(x, step));
    }
    paused_at[asked->number] = step;
    pauses += advice == Advice::pause ? 1 : 0;
    if (advice == Advice::go_on) study.tell(asked->number, curve(x, kSteps));
  }
  EXPECT_TRUE(study.is_over());
  EXPECT_GT(pauses, 30U);
  std::vector<TrialResult> a = study.trials();
  std::vector<TrialResult> b = called.trials();
  for (TrialResult& trial : a) trial.seconds = 0;
  for (TrialResult& trial : b) trial.seconds = 0;
  EXPECT_EQ(a, b);
}

TEST(Pruning, ATargetEndsTrialsAndTheFastestWins) {
  StudyOptions options = options_of("random");
  options.target = 0.5;
  Study study(line(), options);
  std::atomic<uint64_t> steps{0};
  study.optimize([&](Trial& trial) { return train(trial, steps); });
  uint64_t fastest = kSteps;
  for (const TrialResult& trial : study.trials()) {
    const double x = space::number_in(trial.config, "x");
    // The first step at which (1 - |x - 0.3|) (0.2 + 0.8 step / 81) is at least 0.5.
    uint64_t first = 1;
    while (first <= kSteps && curve(x, first) < 0.5) ++first;
    EXPECT_EQ(trial.outcome, first > kSteps ? study::Outcome::exhausted : study::Outcome::reached);
    if (first > kSteps) continue;
    EXPECT_EQ(trial.steps, first);
    fastest = std::min(fastest, first);
  }
  EXPECT_EQ(study.best()->steps, fastest);
  EXPECT_NE(study.answer().find("Fastest: "), std::string::npos);
}

TEST(Pruning, ATargetOfSmallValuesIsReachedFromAbove) {
  Study study(line(), {.target = 0.25, .method = "random", .trials = 4, .steps = 10});
  study.optimize([](Trial& trial) {
    double value = 1;
    for (uint64_t step = 1; step <= 10; ++step) {
      value /= 2;
      if (!trial.report(step, value)) break;
    }
    return value;
  });
  for (const TrialResult& trial : study.trials()) {
    EXPECT_EQ(trial.outcome, study::Outcome::reached);
    EXPECT_EQ(trial.steps, 2U);
    EXPECT_EQ(trial.value, 0.25);
  }
}

TEST(Pruning, AReportThatIsNotFiniteEndsTheTrial) {
  Study study(line(), {.method = "random", .trials = 3, .steps = 10});
  study.optimize([](Trial& trial) {
    EXPECT_TRUE(trial.report(1, 1));
    EXPECT_FALSE(trial.report(2, INFINITY));
    EXPECT_FALSE(trial.report(3, 1));
    return 0.0;
  });
  for (const TrialResult& trial : study.trials()) {
    EXPECT_EQ(trial.outcome, study::Outcome::diverged);
    EXPECT_EQ(trial.steps, 2U);
    EXPECT_EQ(trial.curve.size(), 1U);
  }
}

TEST(Pruning, ReportsComeWhenTheyAreDue) {
  Study study(line(), {.method = "halving", .trials = 9, .steps = 90, .report_every = 5});
  const AskedTrial asked = *study.ask();
  EXPECT_THROW(study.report(asked.number, 0, 1), Error);
  EXPECT_THROW(study.report(asked.number, 7, 1), Error);
  EXPECT_THROW(study.report(asked.number, 95, 1), Error);
  EXPECT_EQ(study.report(asked.number, 5, 1), Advice::go_on);
  EXPECT_THROW(study.report(asked.number, 5, 1), Error);
  EXPECT_THROW(study.report(asked.number, asked.until + 5, 1), Error);
  EXPECT_EQ(study.report(asked.number, asked.until, 1), Advice::pause);
  EXPECT_THROW(study.report(asked.number, asked.until + 5, 1), Error);
}

TEST(Pruning, ATrialMayEndEarlyOrSayNothingOnItsWay) {
  Study study(line(), {.method = "halving", .trials = 9, .round = 3, .steps = 27});
  study.optimize([](Trial& trial) {
    if (trial.number() % 2 == 0) return 1.0;
    trial.report(1, 3);
    return 2.0;
  });
  for (const TrialResult& trial : study.trials()) {
    EXPECT_EQ(trial.outcome, study::Outcome::exhausted);
    EXPECT_EQ(trial.value, trial.number % 2 == 0 ? 1.0 : 2.0);
    EXPECT_EQ(trial.curve.size(), 1U);
  }
}

TEST(Pruning, WhatAllTrialsMayTakeCanBeSaidInSteps) {
  StudyOptions options = options_of("halving");
  options.total_steps = 20 * kSteps;
  std::atomic<uint64_t> steps{0};
  Study study(line(), options);
  study.optimize([&](Trial& trial) { return train(trial, steps); });
  EXPECT_GT(steps.load(), 10 * kSteps);
  EXPECT_LT(steps.load(), 30 * kSteps);
}

}  // namespace
}  // namespace sweetspot
