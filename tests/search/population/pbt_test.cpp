// Population-based training against the paper's toy, Welch's test against published values, and
// what a generation does to its members.
#include "search/population/pbt.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench/pbt_toy.hpp"
#include "search/answer.hpp"
#include "search/draws.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::search {
namespace {

double median_of_toy(Exploit exploit, uint64_t ready) {
  std::vector<double> ends;
  for (uint64_t seed = 1; seed <= 201; ++seed) {
    ends.push_back(bench::pbt_toy(exploit, ready, seed));
  }
  std::nth_element(ends.begin(), ends.begin() + 100, ends.end());
  return ends[100];
}

// Without a change, h = (1, 0) leaves t1 at 0.9: 1.2 - 0.81 (1 + 0.98^400) = 0.39 to two digits.
TEST(Pbt, ToyOfThePaper) {
  EXPECT_NEAR(bench::pbt_toy(Exploit::none, bench::kToySteps, 1), 0.39, 0.005);
  EXPECT_NEAR(median_of_toy(Exploit::tournament, bench::kToyReady), 1.176, 0.02);
  EXPECT_NEAR(median_of_toy(Exploit::none, bench::kToyReady), 0.92, 0.1);
}

// Two samples for which t = -2.46 and a two-sided p of 0.021 are published (Wikipedia, "Welch's
// t-test", first example).
TEST(Pbt, WelchsTestIsThePublishedOne) {
  const std::vector<double> low = {27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1,
                                   21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4};
  const std::vector<double> high = {27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0,
                                    24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4};
  EXPECT_TRUE(is_better_by_t_test(high, low, 0.0108));
  EXPECT_FALSE(is_better_by_t_test(high, low, 0.0105));
  EXPECT_FALSE(is_better_by_t_test(low, high, 0.5));
  EXPECT_FALSE(is_better_by_t_test({1}, {0, 0}, 0.05));
  EXPECT_TRUE(is_better_by_t_test({1, 1}, {0, 0}, 0.05));
}

TEST(Pbt, ExploringStaysInTheBoundsAndKeepsTheChoices) {
  const space::Space space(
      {{"optimizer", space::Categorical{{"gd", "rmsprop"}}},
       {"learning_rate", space::LogUniform{1e-3, 1}},
       {"decay", space::Uniform{0, 0.9}, space::Condition{"optimizer", {"rmsprop"}}}});
  Draws draws(1, 1);
  const space::Config at_border = {
      {"optimizer", "rmsprop"}, {"learning_rate", 1.0}, {"decay", 0.5}};
  bool up = false;
  bool down = false;
  for (int i = 0; i < 100; ++i) {
    const space::Config changed = explored(space, at_border, Explore::perturb, 0.1, draws);
    EXPECT_EQ(space::choice_in(changed, "optimizer"), "rmsprop");
    const double rate = space::number_in(changed, "learning_rate");
    EXPECT_TRUE(rate == 1 || rate == 0.8) << rate;
    const double decay = space::number_in(changed, "decay");
    EXPECT_TRUE(decay == 0.6 || decay == 0.4) << decay;
    up = up || decay == 0.6;
    down = down || decay == 0.4;
    const double drawn = space::number_in(explored(space, at_border, Explore::resample, 0.1, draws),
                                          "learning_rate");
    EXPECT_TRUE(drawn >= 1e-3 && drawn <= 1);
  }
  EXPECT_TRUE(up && down);
  EXPECT_FALSE(
      explored(space, {{"optimizer", "gd"}, {"learning_rate", 0.1}}, Explore::resample, 0.1, draws)
          .contains("decay"));
}

// Ten members at step 100; the metric falls with the number, one has diverged.
TEST(Pbt, TheLastFifthCopiesTheFirstAndTheFailedOneIsReplaced) {
  const space::Space space({{"learning_rate", space::LogUniform{1e-3, 1}}});
  std::vector<SeenTrial> trials(10);
  for (size_t i = 0; i < trials.size(); ++i) {
    trials[i].config = {{"learning_rate", 0.01 * static_cast<double>(i + 1)}};
    trials[i].steps = 100;
    trials[i].curve = {{100, 0.9 - 0.05 * static_cast<double>(i)}};
  }
  trials[0].outcome = study::Outcome::diverged;
  const PbtSearch search({.population = 10, .ready = 100, .steps = 200});
  const History history{.space = space, .trials = trials};
  const std::vector<Proposal> proposals = search.ask(history, 10);
  std::vector<size_t> copied;
  std::vector<size_t> stopped;
  size_t going = 0;
  for (const Proposal& p : proposals) {
    if (p.kind == Proposal::Kind::copy) copied.push_back(p.trial);
    if (p.kind == Proposal::Kind::stop) stopped.push_back(p.trial);
    going += p.kind == Proposal::Kind::go_on ? 1 : 0;
    if (p.kind != Proposal::Kind::stop) {
      EXPECT_EQ(p.until, 200U);
      EXPECT_TRUE(p.is_last);
    }
  }
  // Of nine that live a fifth is one; a second copy takes the place of the one that diverged.
  EXPECT_EQ(copied, (std::vector<size_t>{1, 1}));
  EXPECT_EQ(stopped, std::vector<size_t>{9});
  EXPECT_EQ(going, 8U);
}

TEST(Pbt, RefusesAPopulationOfOneAndACostOfLessThanAGeneration) {
  EXPECT_THROW(PbtSearch({.population = 1}), Error);
  EXPECT_THROW(PbtSearch({.population = 16, .ready = 200, .steps = 150}), Error);
  EXPECT_THROW(exploit_of("truncate"), Error);
  EXPECT_THROW(explore_of("perturbe"), Error);
}

TEST(Pbt, ALineageIsFollowedToItsRoot) {
  std::vector<SeenTrial> trials(4);
  trials[2].origin = study::Origin{0, 100};
  trials[3].origin = study::Origin{2, 200};
  EXPECT_EQ(lineage_of(trials, 3), (std::vector<size_t>{0, 2, 3}));
  EXPECT_EQ(lineage_of(trials, 1), std::vector<size_t>{1});
}

}  // namespace
}  // namespace sweetspot::search
