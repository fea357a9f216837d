// The answer to noisy trials, whose truth is known.
#include "search/smoothed_values.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "search/answer.hpp"
#include "search/draws.hpp"

namespace sweetspot::search {
namespace {

constexpr int kSeeds = 40;
constexpr double kNoise = 0.3;

const space::Space& rates() {
  static const space::Space space({{"optimizer", space::Categorical{{"a", "b"}}},
                                   {"learning_rate", space::LogUniform{1e-4, 1}}});
  return space;
}

// Zero at the best of each choice; that of `b` is no better than 0.2.
double away_from_best(const space::Config& config) {
  const double decades = std::log10(space::number_in(config, "learning_rate")) + 2;
  return decades * decades + (space::choice_in(config, "optimizer") == "b" ? 0.2 : 0);
}

space::Config drawn_config(Draws& draws) {
  return rates().config_at({draws.uniform(), draws.uniform()});
}

SeenTrial timed_trial(Draws& draws, double noise) {
  SeenTrial trial{.config = drawn_config(draws)};
  trial.outcome = study::Outcome::reached;
  trial.value = std::round(1000 * std::exp(away_from_best(trial.config) + noise * draws.normal()));
  trial.steps = static_cast<uint64_t>(*trial.value);
  return trial;
}

// Of twenty checks, each with noise in the error.
SeenTrial measured_trial(Draws& draws, double noise) {
  SeenTrial trial{.config = drawn_config(draws)};
  trial.outcome = study::Outcome::exhausted;
  for (uint64_t step = 50; step <= 1000; step += 50) {
    const double error =
        0.03 * (1 + away_from_best(trial.config)) * (1 + 100 / static_cast<double>(step));
    trial.curve.push_back({step, 1 - error * (1 + noise * draws.normal())});
  }
  trial.steps = 1000;
  trial.value = -*best_metric(trial);
  return trial;
}

size_t luckiest(const std::vector<SeenTrial>& trials) {
  size_t best = 0;
  for (size_t i = 1; i < trials.size(); ++i) {
    if (*trials[i].value < *trials[best].value) best = i;
  }
  return best;
}

// Sums over the seeds: of the answers and of the luckiest.
template <typename Make>
std::pair<double, double> distances(Make make) {
  std::pair<double, double> sums = {0, 0};
  for (int seed = 1; seed <= kSeeds; ++seed) {
    std::vector<SeenTrial> trials;
    for (size_t i = 0; i < 40; ++i) {
      Draws draws(static_cast<uint64_t>(seed), i);
      trials.push_back(make(draws, kNoise));
    }
    sums.first += away_from_best(trials[*best_trial(rates(), trials)].config);
    sums.second += away_from_best(trials[luckiest(trials)].config);
  }
  return sums;
}

TEST(SmoothedValues, OfNoisyStepsComeNearerToTheBestThanTheLuckiest) {
  const auto [answers, luckiest] = distances(timed_trial);
  EXPECT_LT(answers, 0.75 * luckiest);
}

TEST(SmoothedValues, OfNoisyMetricsComeNearerToTheBestThanTheLuckiest) {
  const auto [answers, luckiest] = distances(measured_trial);
  EXPECT_LT(answers, 0.75 * luckiest);
}

TEST(SmoothedValues, SeeNoiseWhereItIsAndNowhereElse) {
  for (const double noise : {0.0, kNoise}) {
    std::vector<SeenTrial> trials;
    for (size_t i = 0; i < 40; ++i) {
      Draws draws(1, i);
      trials.push_back(timed_trial(draws, noise));
    }
    EXPECT_EQ(SmoothedValues(rates(), trials).are_steps_noisy(), noise > 0) << noise;
  }
}

TEST(SmoothedValues, AreTheStepsThemselvesWithoutNoise) {
  std::vector<SeenTrial> trials;
  for (size_t i = 0; i < 40; ++i) {
    Draws draws(1, i);
    trials.push_back(timed_trial(draws, 0));
  }
  const SmoothedValues smoothed(rates(), trials);
  for (size_t i = 0; i < trials.size(); ++i) EXPECT_EQ(smoothed.of_trials()[i], trials[i].value);
}

// A trial that was left at a third of its way tells as much as if it had gone it.
TEST(SmoothedValues, TrialsThatWereLeftTellOfTheirNeighbours) {
  std::vector<SeenTrial> with;
  for (size_t i = 0; i < 40; ++i) {
    Draws draws(2, i);
    with.push_back(timed_trial(draws, kNoise));
    with.back().curve = {{with.back().steps / 3, 0.3}, {with.back().steps, 0.9}};
  }
  const std::vector<SeenTrial> all = with;
  for (size_t i = 1; i < with.size(); i += 2) {
    with[i].steps /= 3;
    with[i].curve.pop_back();
    with[i].outcome = study::Outcome::pruned;
    with[i].value.reset();
  }
  const space::Config config = rates().config_at({0.25, 0.5});
  EXPECT_NEAR(SmoothedValues(rates(), with).predict(config).mean,
              SmoothedValues(rates(), all).predict(config).mean, 0.05);
}

// One value each, as of an imported study.
TEST(SmoothedValues, OfNoisyValuesWithoutCurvesComeNearerToTheBestThanTheLuckiest) {
  const auto [answers, lucky] = distances([](Draws& draws, double noise) {
    SeenTrial trial{.config = drawn_config(draws)};
    trial.outcome = study::Outcome::exhausted;
    trial.value = away_from_best(trial.config) + noise * draws.normal();
    trial.curve = {{1, -*trial.value}};
    trial.steps = 1;
    return trial;
  });
  EXPECT_LT(answers, 0.75 * lucky);
}

// Falls to a floor that many configs reach: the running means of such curves are as good as they.
TEST(SmoothedValues, DoNotMoveTheAnswerOfSmoothCurves) {
  const space::Space space({{"rate", space::LogUniform{1e-3, 10}}});
  for (int seed = 1; seed <= kSeeds; ++seed) {
    std::vector<SeenTrial> trials;
    for (size_t i = 0; i < 20; ++i) {
      Draws draws(static_cast<uint64_t>(seed), i);
      SeenTrial trial{.config = space.config_at({draws.uniform()})};
      const double rate = space::number_in(trial.config, "rate");
      for (uint64_t step = 1; step <= 50; ++step) {
        const double loss = std::pow(1 - rate, 2 * static_cast<double>(step));
        if (loss < 1e6) trial.curve.push_back({step, -loss - 1e-6});
      }
      trial.outcome = study::Outcome::exhausted;
      trial.steps = 50;
      if (trial.curve.size() == 50) trial.value = -*best_metric(trial);
      trials.push_back(std::move(trial));
    }
    const auto answer = answer_of(space, trials);
    ASSERT_TRUE(answer.has_value()) << seed;
    EXPECT_NEAR(*trials[answer->trial].value, *trials[answer->best_valued].value, 1e-7) << seed;
  }
}

// A function of two numbers with penalties where it is not allowed: nothing of it is noise.
TEST(SmoothedValues, DoNotMoveTheAnswerWhereNothingIsNoisy) {
  const space::Space space({{"x", space::Uniform{0, 1}}, {"y", space::LogUniform{1e-4, 1}}});
  for (int seed = 1; seed <= kSeeds; ++seed) {
    std::vector<SeenTrial> trials;
    for (size_t i = 0; i < 60; ++i) {
      Draws draws(static_cast<uint64_t>(seed), i);
      // The later, the nearer to the best, as searches propose.
      const double width = i < 20 ? 1 : 0.2;
      const double x = 0.6 + width * (draws.uniform() - 0.6);
      const double y = 0.4 + width * (draws.uniform() - 0.4);
      SeenTrial trial{.config = space.config_at({x, y})};
      const double value = std::pow(x - 0.6, 2) + std::pow(y - 0.4, 2) + 0.007;
      trial.outcome = study::Outcome::exhausted;
      trial.value = x + y > 1.05 ? 1e6 : value;
      trial.steps = 1;
      trial.curve = {{1, -*trial.value}};
      trials.push_back(std::move(trial));
    }
    const auto answer = answer_of(space, trials);
    EXPECT_EQ(answer->trial, luckiest(trials)) << seed;
    EXPECT_FALSE(answer->smoothed.has_value()) << seed;
    EXPECT_TRUE(answer->follow_configs) << seed;
  }
}

// Of a sweep over what is mostly not allowed, or in which losses explode.
TEST(SmoothedValues, DoNotMoveTheAnswerWhereMostIsPenalties) {
  const space::Space space({{"x", space::LogUniform{1e-6, 1}}});
  for (const double explosion : {0.0, 1.0, 4.0}) {
    for (int seed = 1; seed <= kSeeds; ++seed) {
      std::vector<SeenTrial> trials;
      for (size_t i = 0; i < 60; ++i) {
        Draws draws(static_cast<uint64_t>(seed), i);
        SeenTrial trial{.config = space.config_at({draws.uniform()})};
        const double x = std::log10(space::number_in(trial.config, "x"));
        const bool is_allowed = x > -3.6 && x < -1.2;
        trial.value = is_allowed && explosion == 0 ? 0.0076 + 0.05 * std::pow(x + 2.3, 2)
                      : explosion == 0             ? 1e6
                                       : 0.0076 * std::exp(explosion * std::pow(x + 2.3, 2));
        trial.outcome = study::Outcome::exhausted;
        trial.steps = 1;
        trial.curve = {{1, -*trial.value}};
        trials.push_back(std::move(trial));
      }
      const auto answer = answer_of(space, trials);
      EXPECT_EQ(answer->trial, luckiest(trials)) << explosion << ' ' << seed;
      EXPECT_FALSE(answer->smoothed.has_value()) << explosion << ' ' << seed;
    }
  }
}

TEST(SmoothedValues, WhereNothingTellsConfigsApartTheBestIsTheBestMeasuredAndThatIsSaid) {
  const space::Space space({{"x", space::Uniform{0, 1}}});
  for (const size_t count : {size_t{40}, size_t{10000}}) {
    std::vector<SeenTrial> trials;
    for (size_t i = 0; i < count; ++i) {
      Draws draws(7, i);
      SeenTrial trial{.config = space.config_at({draws.uniform()})};
      trial.outcome = study::Outcome::exhausted;
      trial.value = draws.uniform();
      trial.curve = {{1, -*trial.value}};
      trial.steps = 1;
      trials.push_back(std::move(trial));
    }
    const auto answer = answer_of(space, trials);
    EXPECT_EQ(answer->trial, luckiest(trials)) << count;
    EXPECT_FALSE(answer->follow_configs) << count;
    for (SeenTrial& trial : trials) trial.value = 1;
    for (SeenTrial& trial : trials) trial.curve = {{1, -1}};
    EXPECT_FALSE(answer_of(space, trials)->follow_configs) << count;
  }
}

// More than are modelled: the best of them alone are lucky ones from all over the valley.
TEST(SmoothedValues, OfThousandsOfNoisyTrialsFollowTheirConfigs) {
  std::vector<SeenTrial> trials;
  for (size_t i = 0; i < 3000; ++i) {
    Draws draws(9, i);
    SeenTrial trial{.config = drawn_config(draws)};
    trial.outcome = study::Outcome::exhausted;
    trial.value = 1 + away_from_best(trial.config) + kNoise * draws.normal();
    trial.curve = {{1, -*trial.value}};
    trial.steps = 1;
    trials.push_back(std::move(trial));
  }
  const auto answer = answer_of(rates(), trials);
  EXPECT_TRUE(answer->follow_configs);
  ASSERT_TRUE(answer->smoothed.has_value());
  EXPECT_LT(away_from_best(trials[answer->trial].config), 0.05);
  EXPECT_NEAR(answer->smoothed->value, 1, 0.2);
}

TEST(SmoothedValues, AnAnswerThatIsNotTheBestValuedHasItsEstimate) {
  std::vector<SeenTrial> trials;
  for (size_t i = 0; i < 40; ++i) {
    Draws draws(3, i);
    trials.push_back(measured_trial(draws, kNoise));
  }
  const auto answer = answer_of(rates(), trials);
  ASSERT_TRUE(answer->smoothed.has_value());
  EXPECT_GT(answer->smoothed->deviation, 0);
  // Of errors about 0.03 at the best, and more beside it.
  EXPECT_NEAR(-answer->smoothed->value, 0.97, 0.02);
  EXPECT_EQ(answer->best_valued, luckiest(trials));
}

// A long curve's means are differences of sums: the same but for rounding.
TEST(SmoothedValues, OfLongCurvesAreThoseOfShortOnes) {
  std::vector<SeenTrial> trials;
  for (size_t i = 0; i < 12; ++i) {
    Draws draws(5, i);
    SeenTrial trial{.config = drawn_config(draws)};
    trial.outcome = study::Outcome::exhausted;
    for (uint64_t step = 1; step <= 20'000; ++step) {
      trial.curve.push_back({step, 1 - away_from_best(trial.config) - 0.1 * draws.normal()});
    }
    trial.steps = 20'000;
    trial.value = -*best_metric(trial);
    trials.push_back(std::move(trial));
  }
  size_t nearest = 0;
  for (size_t i = 1; i < trials.size(); ++i) {
    if (away_from_best(trials[i].config) < away_from_best(trials[nearest].config)) nearest = i;
  }
  const auto answer = answer_of(rates(), trials);
  EXPECT_EQ(answer->trial, nearest);
  EXPECT_NEAR(-answer->smoothed->value, 1 - away_from_best(trials[nearest].config), 0.05);
}

// What a copy came to is due to its lineage.
TEST(SmoothedValues, OfCopiesAreTheirOwn) {
  std::vector<SeenTrial> trials;
  for (size_t i = 0; i < 40; ++i) {
    Draws draws(1, i);
    trials.push_back(measured_trial(draws, kNoise));
  }
  trials.back().origin = study::Origin{0, 50};
  EXPECT_EQ(best_trial(rates(), trials), luckiest(trials));
}

}  // namespace
}  // namespace sweetspot::search
