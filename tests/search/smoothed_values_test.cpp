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
