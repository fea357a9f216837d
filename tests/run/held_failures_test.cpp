#include "run/held_failures.hpp"

#include <gtest/gtest.h>

namespace sweetspot::run {
namespace {

store::Batch ended(const std::vector<std::pair<int, study::Outcome>>& trials) {
  store::Batch batch;
  for (const auto& [number, outcome] : trials) {
    batch.ended.emplace_back();
    batch.ended.back().number = number;
    batch.ended.back().outcome = outcome;
  }
  return batch;
}

std::vector<int> numbers(const store::Batch& batch) {
  std::vector<int> all;
  for (const study::Trial& trial : batch.ended) all.push_back(trial.number);
  return all;
}

constexpr auto kFailed = study::Outcome::failed;
constexpr auto kReached = study::Outcome::reached;

TEST(HeldFailures, AreHeldUntilATrialHasNotFailed) {
  HeldFailures failures;
  store::Batch first = ended({{0, kReached}, {1, kFailed}});
  failures.sort(first);
  EXPECT_EQ(numbers(first), std::vector<int>{0});
  EXPECT_EQ(failures.trials(), std::vector<int>{1});
  store::Batch second = ended({{2, kFailed}, {3, study::Outcome::exhausted}, {4, kFailed}});
  failures.sort(second);
  EXPECT_EQ(numbers(second), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(failures.trials(), std::vector<int>{4});
}

TEST(HeldFailures, ThreeInARowAreSuspicious) {
  HeldFailures failures;
  store::Batch batch = ended({{0, kFailed}, {1, kFailed}, {2, kFailed}});
  failures.sort(batch);
  EXPECT_TRUE(failures.are_suspicious());
  failures.drop({1});
  EXPECT_FALSE(failures.are_suspicious());
  store::Batch all;
  failures.release(all);
  EXPECT_EQ(numbers(all), (std::vector<int>{0, 2}));
  EXPECT_TRUE(failures.trials().empty());
}

TEST(HeldFailures, OthersWorkWhereFewerThanAQuarterOfTheirTrialsFail) {
  const auto worker = [](const char* name, int all, int failed) {
    store::WorkerStanding standing;
    standing.name = name;
    standing.ended = all;
    standing.failed = failed;
    return standing;
  };
  EXPECT_FALSE(do_others_work({worker("here", 10, 0)}, "here"));
  EXPECT_FALSE(do_others_work({worker("here", 10, 0), worker("a", 0, 0)}, "here"));
  EXPECT_TRUE(do_others_work({worker("here", 3, 3), worker("a", 1, 0)}, "here"));
  EXPECT_TRUE(do_others_work({worker("a", 9, 2)}, "here"));
  EXPECT_FALSE(do_others_work({worker("a", 8, 2)}, "here"));
}

}  // namespace
}  // namespace sweetspot::run
