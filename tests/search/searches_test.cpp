// Each search against what is published of it, and on a made-up study whose answer is known.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "search/answer.hpp"
#include "search/fixed/grid_search.hpp"
#include "search/fixed/sobol_search.hpp"
#include "search/methods.hpp"
#include "search/model_based/gp_search.hpp"
#include "search/model_based/parzen.hpp"
#include "search/model_based/valley_search.hpp"
#include "search/multi_fidelity/halving.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::search {
namespace {

// Bratley and Fox (ACM TOMS 659, 1988), the first points in three dimensions.
TEST(SobolSearch, FirstPointsAreThePublishedOnes) {
  const std::vector<std::vector<double>> published = {{0, 0, 0},
                                                      {0.5, 0.5, 0.5},
                                                      {0.75, 0.25, 0.25},
                                                      {0.25, 0.75, 0.75},
                                                      {0.375, 0.375, 0.625},
                                                      {0.875, 0.875, 0.125},
                                                      {0.625, 0.125, 0.875},
                                                      {0.125, 0.625, 0.375}};
  for (size_t i = 0; i < published.size(); ++i) {
    const std::vector<uint32_t> bits = sobol_bits(i, 3);
    for (size_t d = 0; d < 3; ++d) {
      EXPECT_EQ(bits[d] / 4294967296.0, published[i][d]) << i << ' ' << d;
    }
  }
}

// Owen's scrambling keeps the net: of 2^m points each of 2^m intervals has one, in each dimension,
// and of 2^(a+b) each elementary box.
TEST(SobolSearch, ScrambledPointsAreStillANet) {
  for (const uint64_t seed : {1U, 2U, 77U}) {
    std::vector<int> line(64, 0);
    std::vector<int> boxes(64, 0);
    for (size_t i = 0; i < 64; ++i) {
      const std::vector<double> point = scrambled_sobol(i, 2, seed);
      ++line[static_cast<size_t>(point[1] * 64)];
      ++boxes[static_cast<size_t>(point[0] * 8) * 8 + static_cast<size_t>(point[1] * 8)];
    }
    EXPECT_EQ(line, std::vector<int>(64, 1));
    EXPECT_EQ(boxes, std::vector<int>(64, 1));
  }
  EXPECT_NE(scrambled_sobol(3, 2, 1), scrambled_sobol(3, 2, 2));
}

TEST(Halving, RungsByWholeNumbers) {
  EXPECT_EQ(rungs(1, 81, 3), (std::vector<uint64_t>{1, 3, 9, 27, 81}));
  EXPECT_EQ(rungs(1, 243, 3), (std::vector<uint64_t>{1, 3, 9, 27, 81, 243}));
}

// Li et al. (JMLR 18, 2018), table 1.
TEST(Halving, HyperbandsBracketsAreThePublishedOnes) {
  EXPECT_EQ(hyperband_brackets(81, 3),
            (std::vector<Bracket>{{81, 1}, {34, 3}, {15, 9}, {8, 27}, {5, 81}}));
}

TEST(GridSearch, IsAsFineAsAskedAndHasBothEnds) {
  const space::Space space({{"optimizer", space::Categorical{{"a", "b"}}},
                            {"rate", space::LogUniform{0.01, 1}},
                            {"decay", space::Uniform{0, 1}, space::Condition{"optimizer", {"b"}}}});
  const std::vector<space::Config> grid = grid_of(space, 3);
  ASSERT_EQ(grid.size(), 3U + 9U);
  EXPECT_EQ(space::text_of(grid.front()), "optimizer=a,rate=0.01");
  EXPECT_EQ(space::text_of(grid.back()), "decay=1,optimizer=b,rate=1");
}

// Over numbers and choices, whatever the points, the density integrates to one.
TEST(Parzen, IsADensity) {
  Draws draws(3, 0);
  for (const size_t count : {0U, 1U, 7U, 60U}) {
    std::vector<Point> points;
    for (size_t i = 0; i < count; ++i) {
      points.push_back({draws.uniform(), (static_cast<double>(draws.below(3)) + 0.5) / 3});
    }
    const Parzen parzen({0, 3}, points);
    double sum = 0;
    constexpr int kCells = 2000;
    for (int i = 0; i < kCells; ++i) {
      for (int choice = 0; choice < 3; ++choice) {
        sum += std::exp(parzen.log_density({(i + 0.5) / kCells, (choice + 0.5) / 3})) / kCells;
      }
    }
    EXPECT_NEAR(sum, 1, 1e-3) << count;
  }
}

// What is drawn has the density: shares of ten bins and three choices.
TEST(Parzen, DrawsHaveItsDensity) {
  const std::vector<Point> points = {{0.05, 0.5 / 3}, {0.3, 2.5 / 3}, {0.32, 2.5 / 3}};
  const Parzen parzen({0, 3}, points);
  std::vector<double> drawn(30, 0);
  constexpr int kDraws = 40000;
  Draws draws(1, 1);
  for (int i = 0; i < kDraws; ++i) {
    const Point point = parzen.draw(draws);
    drawn[std::min<size_t>(9, static_cast<size_t>(point[0] * 10)) * 3 +
          static_cast<size_t>(point[1] * 3)] += 1.0 / kDraws;
  }
  for (size_t bin = 0; bin < 10; ++bin) {
    for (size_t choice = 0; choice < 3; ++choice) {
      double share = 0;
      for (int i = 0; i < 100; ++i) {
        const double x = (static_cast<double>(bin) + (i + 0.5) / 100) / 10;
        share += std::exp(parzen.log_density({x, (static_cast<double>(choice) + 0.5) / 3})) / 1000;
      }
      EXPECT_NEAR(drawn[bin * 3 + choice], share, 0.01) << bin << ' ' << choice;
    }
  }
}

// Three choices, each a valley in steps over the logarithm of the rate with a cliff on its right;
// at any moment the metric is higher the sooner a config gets there.
struct MadeUpStudy {
  space::Space space{{{"optimizer", space::Categorical{{"a", "b", "c"}}},
                      {"learning_rate", space::LogUniform{1e-6, 100}}}};
  static constexpr uint64_t kBudget = 8000;

  static double steps_of(const space::Config& config) {
    const std::string& optimizer = space::choice_in(config, "optimizer");
    const double rate = std::log10(space::number_in(config, "learning_rate"));
    const double best = optimizer == "a" ? -3 : optimizer == "b" ? -1 : 1;
    const double least = optimizer == "a" ? 1500 : optimizer == "b" ? 900 : 1200;
    if (rate > best + 0.4) return 1e9;
    return least * std::exp(2 * std::pow(rate - best, 2));
  }

  static SegmentEnd train(const Segment& segment) {
    const double full = steps_of(segment.config);
    SegmentEnd end;
    for (uint64_t step = segment.from + 50; step <= segment.until; step += 50) {
      const double metric = 1 - 0.03 * full / static_cast<double>(step);
      end.steps = step;
      end.curve.push_back({step, std::max(metric, 0.1)});
      if (metric >= 0.97) {
        end.outcome = study::Outcome::reached;
        end.value = static_cast<double>(step);
        return end;
      }
      if (step >= 300 && metric < 0.5) {
        end.outcome = study::Outcome::hopeless;
        return end;
      }
    }
    if (end.steps >= kBudget) end.outcome = study::Outcome::exhausted;
    return end;
  }

  // `late`: the last segment of a round ends first.
  Rounds search(const Search& search, const RoundOptions& options, bool late = false) const {
    Rounds rounds(search, space, options);
    std::vector<Segment> open;
    while (!rounds.is_over()) {
      if (rounds.can_ask()) {
        for (Segment& segment : rounds.ask().segments) open.push_back(std::move(segment));
      }
      if (open.empty()) continue;
      const auto next = late ? open.end() - 1 : open.begin();
      rounds.end(next->trial, train(*next));
      open.erase(next);
    }
    return rounds;
  }
};

class Methods : public ::testing::TestWithParam<std::string> {};

RoundOptions with_cost(uint64_t steps) {
  return {.size = 16, .cost = {.steps = steps}, .budget = MadeUpStudy::kBudget};
}

TEST_P(Methods, ProposeTheSameWhateverEndsFirst) {
  const MadeUpStudy study;
  const auto search = make_search(GetParam(), study.space, with_cost(40000));
  const Rounds first = study.search(*search, with_cost(40000));
  const Rounds second = study.search(*search, with_cost(40000), true);
  ASSERT_EQ(first.trials(), second.trials());
  for (size_t i = 0; i < first.trials(); ++i) {
    EXPECT_EQ(first.all()[i].config, second.all()[i].config) << i;
    EXPECT_EQ(first.all()[i].steps, second.all()[i].steps) << i;
  }
}

TEST_P(Methods, KeepToTheirCost) {
  const MadeUpStudy study;
  for (const uint64_t cost : {20000U, 80000U}) {
    const auto search = make_search(GetParam(), study.space, with_cost(cost));
    const uint64_t spent = study.search(*search, with_cost(cost)).spent();
    // What trains when the cost is spent trains on.
    EXPECT_LE(spent, cost * 3 / 2) << cost;
  }
}

TEST_P(Methods, FindTheBestChoice) {
  const MadeUpStudy study;
  const auto search = make_search(GetParam(), study.space, with_cost(160000));
  const Rounds rounds = study.search(*search, with_cost(160000));
  const auto best = best_trial(study.space, rounds.all());
  ASSERT_TRUE(best.has_value());
  EXPECT_LE(MadeUpStudy::steps_of(rounds.all()[*best].config), 1.5 * 900);
}

INSTANTIATE_TEST_SUITE_P(All, Methods, ::testing::ValuesIn(method_names()),
                         [](const auto& instance) { return instance.param; });

TEST(GpSearch, LooksAroundForTwoTrialsAParameterAndForFourInAll) {
  for (const auto& [parameters, expected] :
       std::vector<std::pair<size_t, size_t>>{{1, 4}, {2, 4}, {5, 10}}) {
    std::vector<space::Parameter> numbers;
    for (size_t i = 0; i < parameters; ++i) {
      numbers.push_back({fmt::format("x{}", i), space::Uniform{0, 1}});
    }
    const space::Space space(numbers);
    std::vector<SeenTrial> trials;
    const History history = {.space = space, .trials = trials};
    const auto next = [&](const Search& search) { return search.ask(history, 1)[0].config; };
    while (next(GpSearch()) == next(SobolSearch())) {
      const space::Config config = next(SobolSearch());
      const double value = static_cast<double>(trials.size() % 3);
      trials.push_back({.config = config, .outcome = study::Outcome::reached, .value = value});
      ASSERT_LT(trials.size(), 20U);
    }
    EXPECT_EQ(trials.size(), expected);
  }
}

TEST(ValleySearch, ComesCloseToTheOptimumForFiveTrainings) {
  const MadeUpStudy study;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    RoundOptions options = with_cost(5 * MadeUpStudy::kBudget);
    options.seed = seed;
    const ValleySearch search(study.space);
    const Rounds rounds = study.search(search, options);
    const auto best = best_trial(study.space, rounds.all());
    ASSERT_TRUE(best.has_value()) << seed;
    EXPECT_LE(MadeUpStudy::steps_of(rounds.all()[*best].config), 1.06 * 900) << seed;
  }
}

// What is dropped does not wait until the search ends.
TEST(ValleySearch, StopsWhatItDrops) {
  const MadeUpStudy study;
  const ValleySearch search(study.space);
  const Rounds rounds = study.search(search, with_cost(5 * MadeUpStudy::kBudget));
  const auto ended_as = [&](std::optional<study::Outcome> outcome) {
    return std::count_if(rounds.all().begin(), rounds.all().end(),
                         [&](const SeenTrial& trial) { return trial.outcome == outcome; });
  };
  EXPECT_GT(ended_as(study::Outcome::pruned), 3 * ended_as(std::nullopt));
}

TEST(ValleySearch, TakesChoicesAndOneNumber) {
  const space::Parameter rate = {"rate", space::LogUniform{0.01, 1}};
  const space::Parameter decay = {"decay", space::Uniform{0, 1}};
  EXPECT_TRUE(ValleySearch::takes(space::Space({rate})));
  EXPECT_FALSE(ValleySearch::takes(space::Space({rate, decay})));
  EXPECT_THROW(ValleySearch(space::Space({rate, decay})), Error);
}

TEST(Methods, UnknownOneIsRefusedWithTheNearest) {
  const MadeUpStudy study;
  try {
    make_search("hyperbrand", study.space, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("the nearest known is 'hyperband'"),
              std::string::npos);
  }
}

// Nothing works: an answer of none.
TEST(Answer, IsNoneWhereNothingWorked) {
  const MadeUpStudy study;
  std::vector<SeenTrial> trials(3);
  for (SeenTrial& trial : trials) trial.config = study.space.config_at({0.1, 0.2});
  EXPECT_FALSE(best_trial(study.space, trials).has_value());
}

}  // namespace
}  // namespace sweetspot::search
