// The claims' tests on studies made up so that a claim holds, or fails, or cannot be decided.
#include "report/claims/claims.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/summary/size_summary.hpp"
#include "report/summary/trace_summary.hpp"

namespace sweetspot::report {
namespace {

struct Row {
  std::string optimizer;
  double rate;
  uint64_t steps;  // 0: it failed
};

TrialSummary trial_of(const Row& row, int number) {
  TrialSummary t;
  t.trial.number = number;
  t.trial.config = {{"optimizer", row.optimizer}, {"learning_rate", row.rate}};
  t.trial.outcome = row.steps > 0 ? study::Outcome::reached : study::Outcome::exhausted;
  t.trial.steps = row.steps > 0 ? row.steps : 8000;
  t.curve.metrics = {"train_accuracy", "running_accuracy", "loss", "validation_accuracy"};
  return t;
}

// A sweep over ten rates, 1e-5 to 1e4, with each optimizer's steps.
Summary sweep_of(const std::vector<std::pair<std::string, std::vector<uint64_t>>>& optimizers) {
  Summary summary;
  summary.part = "sweep";
  summary.record.settings.optimizers.clear();
  for (int i = 0; i < 10; ++i) {
    summary.record.settings.learning_rates.push_back(std::pow(10.0, i - 5));
  }
  for (const auto& [optimizer, steps] : optimizers) {
    OptimizerSummary o;
    o.optimizer = optimizer;
    for (size_t i = 0; i < 10; ++i) {
      const double rate = summary.record.settings.learning_rates[i];
      summary.trials.push_back(
          trial_of({optimizer, rate, steps[i]}, static_cast<int>(summary.trials.size())));
      ++o.trials;
      if (steps[i] == 0) continue;
      ++o.reached;
      o.times[rate] = static_cast<double>(steps[i]);
      if (!o.band.has_value()) o.band = {rate, rate};
      o.band->second = rate;
      if (!o.best.has_value() || static_cast<double>(steps[i]) < o.best->steps) {
        o.best = BestRate{rate, static_cast<double>(steps[i])};
      }
    }
    summary.optimizers.push_back(o);
    summary.record.settings.optimizers.push_back(optimizer);
  }
  return summary;
}

const Claim& claim(const std::vector<Claim>& claims, int id) {
  return *std::find_if(claims.begin(), claims.end(), [&](const Claim& c) { return c.id == id; });
}

TEST(Claims, WithoutPartsEachIsUndecided) {
  const std::vector<Claim> claims = judge_claims({});
  ASSERT_EQ(claims.size(), 13U);
  for (size_t i = 0; i < claims.size(); ++i) {
    EXPECT_EQ(claims[i].id, static_cast<int>(i) + 1);
    EXPECT_EQ(claims[i].verdict, Verdict::undecided);
    EXPECT_FALSE(claims[i].number.has_value());
    EXPECT_FALSE(claims[i].claim.empty() || claims[i].test.empty() || claims[i].threshold.empty());
  }
}

TEST(Claims, OfASweepThatBearsThemOut) {
  const Summary sweep = sweep_of({{"adam", {0, 0, 2000, 300, 100, 150, 2000, 0, 0, 0}},
                                  {"gd", {0, 0, 0, 0, 0, 4000, 400, 3000, 0, 0}},
                                  {"rmsprop", {0, 4000, 500, 4500, 0, 0, 0, 0, 0, 0}}});
  const auto claims = judge_claims({.sweep = &sweep});
  EXPECT_EQ(claim(claims, 1).verdict, Verdict::not_reproduced);  // adam: 5 of 10 is not below half
  EXPECT_EQ(claim(claims, 1).number, 0.5);
  EXPECT_EQ(claim(claims, 2).verdict, Verdict::reproduced);
  EXPECT_EQ(claim(claims, 2).number, 1);
  EXPECT_EQ(claim(claims, 3).verdict, Verdict::reproduced);
  EXPECT_EQ(claim(claims, 3).number, 0);
  EXPECT_EQ(claim(claims, 4).verdict, Verdict::reproduced);
  EXPECT_EQ(claim(claims, 4).number, 10);  // of 20, 10 and 9
  EXPECT_EQ(claim(claims, 5).number, 3);
  EXPECT_EQ(claim(claims, 5).verdict, Verdict::reproduced);
  EXPECT_EQ(claim(claims, 6).number, 5);
  EXPECT_EQ(claim(claims, 6).verdict, Verdict::reproduced);
  EXPECT_EQ(claim(claims, 10).verdict, Verdict::reproduced);
  EXPECT_NEAR(*claim(claims, 10).number, 6, 1e-9);  // 1e-4 to 1e2
  EXPECT_EQ(claim(claims, 7).verdict, Verdict::undecided);
}

TEST(Claims, OfASweepThatDoesNot) {
  const Summary sweep = sweep_of({{"adam", {0, 0, 0, 900, 500, 800, 0, 0, 0, 0}},
                                  {"gd", {0, 0, 0, 0, 300, 200, 0, 0, 0, 0}},
                                  {"rmsprop", {0, 0, 0, 400, 250, 600, 0, 0, 0, 0}}});
  const auto claims = judge_claims({.sweep = &sweep});
  EXPECT_EQ(claim(claims, 1).verdict, Verdict::reproduced);
  EXPECT_EQ(claim(claims, 2).verdict, Verdict::undecided);  // three rates are no shape
  EXPECT_EQ(claim(claims, 3).verdict, Verdict::not_reproduced);
  EXPECT_EQ(claim(claims, 3).number, 2);
  EXPECT_EQ(claim(claims, 4).verdict, Verdict::not_reproduced);
  EXPECT_EQ(claim(claims, 5).verdict, Verdict::not_reproduced);
  EXPECT_EQ(claim(claims, 6).verdict, Verdict::not_reproduced);
  EXPECT_EQ(claim(claims, 6).number, 1.25);
  EXPECT_EQ(claim(claims, 10).verdict, Verdict::not_reproduced);
}

TEST(Claims, FailuresAreSplitByHowTheyFailed) {
  Summary sweep = sweep_of(
      {{"adam", {0, 0, 0, 0, 0, 100, 0, 0, 0, 0}}, {"gd", {0, 0, 0, 0, 100, 0, 0, 0, 0, 0}}});
  for (TrialSummary& t : sweep.trials) {
    const bool low = space::number_in(t.trial.config, "learning_rate") < 0.05;
    // Too low: the loss falls slowly. Too high: it stands at chance.
    t.curve.points = {{50, {0.1, 0.1, 2.3, std::nullopt}},
                      {8000, {low ? 0.6 : 0.1, 0.1, low ? 1.5 : 2.2, std::nullopt}}};
  }
  const Claim split = claim(judge_claims({.sweep = &sweep}), 12);
  EXPECT_EQ(split.verdict, Verdict::reproduced);
  EXPECT_EQ(split.number, 1);
}

Summary size_of(const std::vector<double>& rates,
                const std::vector<std::vector<uint64_t>>& steps_of_rates) {
  Summary summary;
  summary.part = "size";
  summary.record.settings.kind = study::Kind::size;
  summary.record.settings.optimizers = {"adam"};
  summary.record.settings.learning_rates = rates;
  for (size_t i = 0; i < steps_of_rates[0].size(); ++i) {
    const double scale = static_cast<double>(i) + 1;
    summary.record.networks.push_back({.scale = scale,
                                       .weights = 1000 * (i + 1),
                                       .operations_per_step = 1e6 * scale,
                                       .step_seconds = 1e-3 * scale});
  }
  for (size_t r = 0; r < rates.size(); ++r) {
    for (size_t i = 0; i < steps_of_rates[r].size(); ++i) {
      TrialSummary t = trial_of({"adam", rates[r], steps_of_rates[r][i]},
                                static_cast<int>(summary.trials.size()));
      t.trial.config["scale"] = static_cast<double>(i) + 1;
      summary.trials.push_back(t);
    }
  }
  return summary;
}

TEST(SizeSummary, FitsEachClock) {
  const Summary size = size_of({1e-3}, {{500, 500, 500, 500, 0}});
  const SizeSummary sizes = summarize_sizes(size);
  ASSERT_EQ(sizes.lines.size(), 1U);
  EXPECT_FALSE(sizes.lines[0].points[4].all_reached());
  const auto seconds = sizes.lines[0].fit(TimeUnit::seconds);
  ASSERT_TRUE(seconds.has_value());
  EXPECT_EQ(seconds->count, 4);
  EXPECT_NEAR(seconds->slope, 0.5 / 1000, 1e-12);  // 500 steps of 1 ms more for 1,000 weights more
  EXPECT_NEAR(seconds->intercept, 0, 1e-9);
  EXPECT_NEAR(sizes.lines[0].fit(TimeUnit::steps)->slope, 0, 1e-12);
  EXPECT_EQ(widest_line(sizes), &sizes.lines[0]);
}

TEST(SizeSummary, KnowsWhatTheFirstBestRateCostsLater) {
  const SizeSummary sizes =
      summarize_sizes(size_of({1e-3, 1e-2}, {{300, 400, 0}, {500, 200, 100}}));
  ASSERT_EQ(sizes.best.size(), 3U);
  EXPECT_EQ(sizes.best[0].best->learning_rate, 1e-3);
  EXPECT_EQ(sizes.best[1].best->learning_rate, 1e-2);
  EXPECT_EQ(sizes.best[1].steps_at_first_best, 400);
  EXPECT_FALSE(sizes.best[2].steps_at_first_best.has_value());
}

TEST(Claims, OfSizes) {
  const Summary size =
      size_of({1e-3, 5e-3, 1e-2},
              {{300, 300, 310, 300, 300}, {400, 500, 400, 500, 400}, {900, 600, 0, 600, 990}});
  const auto claims = judge_claims({.size = &size});
  EXPECT_EQ(claim(claims, 7).verdict, Verdict::reproduced);
  EXPECT_EQ(claim(claims, 8).verdict, Verdict::reproduced);
  EXPECT_EQ(claim(claims, 8).number, 1);
  EXPECT_EQ(claim(claims, 9).verdict, Verdict::reproduced);
  EXPECT_EQ(claim(claims, 11).verdict, Verdict::reproduced);
  EXPECT_EQ(claim(claims, 13).verdict, Verdict::undecided);
}

TEST(Claims, OfATrace) {
  Summary trace;
  trace.part = "trace";
  trace.record.settings.kind = study::Kind::trace;
  const auto add = [&](const std::string& optimizer, const std::vector<double>& accuracies) {
    TrialSummary t = trial_of({optimizer, 0.1, 0}, static_cast<int>(trace.trials.size()));
    uint64_t step = 0;
    for (const double accuracy : accuracies) {
      t.curve.points.push_back({step += 5, {0.5, 0.5, 1.0, accuracy}});
    }
    trace.trials.push_back(t);
  };
  add("adam", {0.1, 0.05, 0.9, 0.96, 0.95, 0.97});
  add("rmsprop", {0.1, 0.5, 0.9, 0.3, 0.4, 0.6});
  add("gd", {0.1, 0.5, 0.9, 0.94, 0.96, 0.96});
  const std::vector<TraceLine> lines = summarize_trace(trace);
  EXPECT_NEAR(lines[0].largest_fall, 0.01, 1e-12);  // the start-up does not count
  EXPECT_NEAR(lines[1].largest_fall, 0.6, 1e-12);
  EXPECT_EQ(lines[2].last, 0.96);
  const Claim converge = claim(judge_claims({.trace = &trace}), 13);
  EXPECT_EQ(converge.verdict, Verdict::reproduced);
  EXPECT_NEAR(*converge.number, 0.01, 1e-12);
}

TEST(Claims, SeveralSeedsGiveASpread) {
  // Adam trains at one rate of ten with the first seed, at six with the second.
  Summary both = sweep_of({{"adam", {0, 0, 0, 0, 100, 0, 0, 0, 0, 0}}});
  const Summary second = sweep_of({{"adam", {0, 0, 200, 200, 100, 200, 200, 200, 0, 0}}});
  both.record.settings.seed = 7;
  both.record.settings.seeds = 2;
  for (TrialSummary& t : both.trials) t.trial.seed = 7;
  for (TrialSummary t : second.trials) {
    t.trial.seed = 8;
    t.trial.number += 10;
    both.trials.push_back(t);
  }
  both.optimizers[0].reached = 7;
  both.optimizers[0].trials = 20;
  const std::vector<Claim> claims = judge_claims({.sweep = &both});
  const Claim& first = claim(claims, 1);  // most rates fail
  EXPECT_EQ(first.verdict, Verdict::reproduced);
  ASSERT_EQ(first.seeds.size(), 2U);
  EXPECT_EQ(first.seeds[0].seed, 7U);
  EXPECT_EQ(first.seeds[0].verdict, Verdict::reproduced);
  EXPECT_EQ(first.seeds[0].number, 0.1);
  EXPECT_EQ(first.seeds[1].verdict, Verdict::not_reproduced);
  EXPECT_EQ(first.seeds[1].number, 0.6);
  EXPECT_EQ(spread_text(first), "1 of 2 seeds, 0.1 to 0.6");
  EXPECT_NE(claims_text(claims).find("(1 of 2 seeds, 0.1 to 0.6)"), std::string::npos);
  const auto json = nlohmann::json::parse(claims_json(claims));
  EXPECT_EQ(json[0]["seeds"][1]["number"], 0.6);
  EXPECT_EQ(json[0]["seeds"][1]["verdict"], "not reproduced");
}

TEST(Claims, AsJson) {
  const auto json = nlohmann::json::parse(claims_json(judge_claims({})));
  ASSERT_EQ(json.size(), 13U);
  EXPECT_EQ(json[0].at("verdict"), "undecided");
  EXPECT_TRUE(json[0].at("number").is_null());
  for (const char* key : {"claim", "threshold", "test"}) EXPECT_TRUE(json[0].at(key).is_string());
}

}  // namespace
}  // namespace sweetspot::report
