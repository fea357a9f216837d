#include "exchange/optuna_import.hpp"

#include <gtest/gtest.h>

#include "report/summary/summary.hpp"
#include "report/summary/tune_summary.hpp"
#include "store/open_store.hpp"
#include "support/temporary_folder.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::exchange {
namespace {

OptunaTrial trial(int number, OptunaState state, double rate, std::optional<double> value,
                  std::map<int64_t, std::optional<double>> intermediate) {
  OptunaTrial trial;
  trial.number = number;
  trial.state = state;
  trial.config = {{"rate", rate}};
  trial.value = value;
  trial.intermediate = std::move(intermediate);
  trial.started = 1'000'000;
  trial.ended = 3'500'000;
  return trial;
}

OptunaStudy example() {
  OptunaStudy study;
  study.name = "theirs";
  study.space = {{"rate", space::LogUniform{1e-4, 1}}};
  study.trials = {trial(0, OptunaState::complete, 0.1, 0.5, {{1, 0.9}, {2, 0.7}}),
                  trial(1, OptunaState::pruned, 0.5, std::nullopt, {{1, 3}}),
                  trial(2, OptunaState::waiting, 0.2, std::nullopt, {}),
                  trial(3, OptunaState::complete, 0.01, 0.25, {}),
                  trial(5, OptunaState::fail, 0.9, std::nullopt, {})};
  return study;
}

TEST(OptunaImport, KeepsValuesOutcomesAndTimes) {
  const testing_support::TemporaryFolder folder;
  const auto store = store::open_sqlite(folder.path() / "taken.db", store::Access::train, "tune");
  EXPECT_EQ(import_study(example(), *store), 4U);
  const report::Summary summary = report::summarize(*store);
  ASSERT_EQ(summary.trials.size(), 4U);
  EXPECT_EQ(summary.trials[0].trial.outcome, study::Outcome::exhausted);
  EXPECT_EQ(summary.trials[0].trial.steps, 2U);
  EXPECT_EQ(summary.trials[0].trial.compute_seconds, 2.5);
  EXPECT_EQ(summary.trials[0].curve.points.back().values,
            (std::vector<std::optional<double>>{0.5, 0.7}));
  EXPECT_EQ(summary.trials[1].trial.outcome, study::Outcome::pruned);
  EXPECT_EQ(summary.trials[3].trial.outcome, study::Outcome::failed);
  const report::TuneSummary tune = report::summarize_tune(summary);
  EXPECT_EQ(tune.best, 2U);  // it is minimized
  EXPECT_EQ(tune.value, 0.25);
  EXPECT_NE(report::answer(summary).find("rate=0.01, value 0.25"), std::string::npos)
      << report::answer(summary);
}

TEST(OptunaImport, RefusesAStoreThatHoldsAStudy) {
  const testing_support::TemporaryFolder folder;
  const auto store = store::open_sqlite(folder.path() / "taken.db", store::Access::train, "tune");
  import_study(example(), *store);
  EXPECT_THROW(import_study(example(), *store), Error);
}

}  // namespace
}  // namespace sweetspot::exchange
