// Studies that several workers train, all in one process: whatever trains them, they come out
// alike.
#include "run/shared_study.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "cluster/worker_fitness.hpp"
#include "support/tune_study.hpp"

namespace sweetspot::cohorts {
namespace {

using testing_support::tune_settings;

class SharedStudies : public testing_support::TuneTest,
                      public testing::WithParamInterface<const char*> {
 protected:
  static study::Settings settings(const std::string& method) {
    study::Settings s = tune_settings(method);
    if (method == "pbt") {
      s.search.objective = {.steps_to_target = false, .metric = "validation_accuracy"};
      s.search.population.size = 6;
      s.search.population.ready = 40;
      s.target = study::parse_target("none");
    }
    return s;
  }
  std::unique_ptr<store::StudyStore> shared(const std::string& name) {
    return store::open_sqlite(folder_.path() / name, store::Access::share, "tune", "shared");
  }
  RunOptions options(const std::string& worker) const {
    RunOptions options = {.threads = 1, .lanes = 8};
    options.shared = run::SharedOptions{.worker = {worker, 20}, .beat_seconds = 0.05};
    options.rescue_file = folder_.path() / (worker + ".db");
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(Methods, SharedStudies,
                         testing::Values("random", "tpe", "halving", "auto", "pbt"));

TEST_P(SharedStudies, TwoWorkersComeToWhatOneProcessDoes) {
  const study::Settings settings = SharedStudies::settings(GetParam());
  const std::string alone = trained(settings, {.threads = 2, .lanes = 8}, "alone.db");
  const auto store = shared("shared.db");
  store->atomically([&] { prepare_study(*store, settings, set_); });
  std::vector<std::thread> workers;
  for (const char* name : {"a", "b"}) {
    workers.emplace_back([&, name] {
      const auto own = shared("shared.db");
      const RunOptions taken = options(name);
      EXPECT_FALSE(StudyRunner(*own, set_, taken).run({}).paused);
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(text_of(*store), alone);
}

TEST_P(SharedStudies, AWorkerThatPausesGivesAllBackToTheNext) {
  const study::Settings settings = SharedStudies::settings(GetParam());
  const std::string alone = trained(settings, {.threads = 2, .lanes = 8}, "alone.db");
  const auto store = shared("shared.db");
  store->atomically([&] { prepare_study(*store, settings, set_); });
  run::RunEnd end;
  end.paused = true;
  for (int i = 0; end.paused; ++i) {
    ASSERT_LT(i, 1000);
    const RunOptions taken = options("worker " + std::to_string(i));
    StudyRunner runner(*store, set_, taken);
    if (i < 20) runner.request_pause();
    end = runner.run({});
    EXPECT_EQ(store->standing().training, 0);
  }
  EXPECT_EQ(text_of(*store), alone);
}

// And the other way round.
TEST_P(SharedStudies, AWorkerGoesOnWithWhatOneProcessBegan) {
  const study::Settings settings = SharedStudies::settings(GetParam());
  const std::string alone = trained(settings, {.threads = 2, .lanes = 8}, "alone.db");
  for (const bool begins_alone : {true, false}) {
    const std::string name = begins_alone ? "first.db" : "second.db";
    const auto open_as = [&](store::Access access) {
      return store::open_sqlite(folder_.path() / name, access, "tune");
    };
    for (int i = 0; i < 40; ++i) {
      const bool is_alone = (i < 20) == begins_alone;
      const auto store = open_as(is_alone ? store::Access::train : store::Access::share);
      prepare_study(*store, settings, set_);
      RunOptions taken = options("worker");
      if (is_alone) taken.shared.reset();
      StudyRunner runner(*store, set_, taken);
      if (i < 39) runner.request_pause();
      runner.run({});
    }
    EXPECT_EQ(text_of(*open_as(store::Access::read)), alone) << name;
  }
}

TEST_F(SharedStudies, AWorkerOfAnotherVersionOrArithmeticIsRefused) {
  const auto store = shared("shared.db");
  store->atomically([&] { prepare_study(*store, settings("random"), set_); });
  store::StudyRecord record = *store->record();
  EXPECT_NO_THROW(cluster::require_fit(record));
  record.arithmetic = "another";
  EXPECT_THROW(cluster::require_fit(record), Error);
  record.arithmetic = "0123456789abcdef";
  EXPECT_THROW(cluster::require_fit(record), Error);
  record = *store->record();
  record.program_version = "0.0.1";
  EXPECT_THROW(cluster::require_fit(record), Error);
}

// Marks were once of the first eight optimizers alone: this is the one that such studies have.
constexpr const char* kOlderMark = "526c6a487f4bf6f5";

TEST_F(SharedStudies, AStudyWithAnOlderMarkIsComparedByThat) {
  const auto store = shared("shared.db");
  store->atomically([&] { prepare_study(*store, settings("random"), set_); });
  store::StudyRecord record = *store->record();
  EXPECT_EQ(record.arithmetic,
            "all80baf956eeab2f30");  // of all optimizers, and the same on every machine
  record.arithmetic = kOlderMark;
  EXPECT_NO_THROW(cluster::require_fit(record));
}

TEST_F(SharedStudies, AStudyIsNotExtendedUnderItsWorkers) {
  const auto store = shared("shared.db");
  study::Settings sweep = settings("random");
  sweep.kind = study::Kind::sweep;
  sweep.search = {};
  sweep.learning_rates = {1e-3, 1e-2};
  prepare_study(*store, sweep, set_);
  const auto worker = shared("shared.db");
  worker->join({"a", 60});
  prepare_study(*store, sweep, set_);
  sweep.learning_rates.push_back(0.1);
  EXPECT_THROW(prepare_study(*store, sweep, set_), Error);
  worker->leave();
  prepare_study(*store, sweep, set_);
  EXPECT_EQ(store->trials().size(), 9U);
}

}  // namespace
}  // namespace sweetspot::cohorts
