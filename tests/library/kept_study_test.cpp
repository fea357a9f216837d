// A study in a file: what a kill leaves goes on as if nothing had happened.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <sstream>
#include <sweetspot/sweetspot.hpp>

namespace sweetspot {
namespace {

class KeptStudy : public ::testing::Test {
 protected:
  KeptStudy() {
    folder_ =
        std::filesystem::temp_directory_path() / ("sweetspot-library-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~KeptStudy() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file() const { return folder_ / "study.db"; }

  std::filesystem::path folder_;
};

space::Space line() {
  return space::Space({{"rate", space::LogUniform{1e-5, 1e3}}, {"x", space::Uniform{-1, 1}}});
}

double height(const space::Config& config) {
  return std::abs(std::log10(space::number_in(config, "rate")) + 1.5) +
         std::abs(space::number_in(config, "x"));
}

// A curve that rises to its height, the flatter the further it is from the best rate.
double curve(const space::Config& config, uint64_t step) {
  return static_cast<double>(step) / (static_cast<double>(step) + 5 * height(config));
}

std::vector<TrialResult> without_seconds(std::vector<TrialResult> trials) {
  for (TrialResult& trial : trials) trial.seconds = 0;
  return trials;
}

TEST_F(KeptStudy, HasTheTrialsOfOneInMemory) {
  Study in_memory(line(), {.method = "tpe", .trials = 30, .round = 2});
  const auto function = [](Trial& trial) { return height(trial.config()); };
  in_memory.optimize(function);
  {
    Study kept(line(), {.file = file(), .method = "tpe", .trials = 30, .round = 2});
    kept.optimize(function, {.on_end = [&](const TrialResult& trial) {
                    if (trial.number == 12) kept.stop();
                  }});
    EXPECT_FALSE(kept.is_over());
  }
  size_t calls = 0;
  Study again(line(), {.file = file(), .method = "tpe", .trials = 30, .round = 2});
  EXPECT_EQ(*again.trials()[3].value, *in_memory.trials()[3].value);
  again.optimize([&](Trial& trial) {
    ++calls;
    return height(trial.config());
  });
  EXPECT_LT(calls, 20U);
  EXPECT_EQ(without_seconds(again.trials()), without_seconds(in_memory.trials()));
  EXPECT_EQ(again.best(), again.trials()[static_cast<size_t>(again.best()->number)]);
}

TEST_F(KeptStudy, KeepsFailuresAndTheirReasons) {
  const StudyOptions options = {.file = file(), .method = "random", .trials = 6};
  {
    Study study(line(), options);
    study.optimize([](Trial& trial) -> double {
      if (trial.number() == 2) throw std::runtime_error("a reason, \"quoted\"");
      return trial.number() == 4 ? std::nan("") : 1;
    });
  }
  Study study(line(), options);
  EXPECT_TRUE(study.is_over());
  const std::vector<TrialResult> trials = study.trials();
  EXPECT_EQ(trials[2].outcome, study::Outcome::failed);
  EXPECT_EQ(trials[2].note, "a reason, \"quoted\"");
  EXPECT_EQ(trials[4].outcome, study::Outcome::diverged);
  study.write_csv(folder_ / "trials.csv");
  std::stringstream csv;
  csv << std::ifstream(folder_ / "trials.csv").rdbuf();
  EXPECT_EQ(csv.str().find("trial,outcome,steps,value,seconds,note,rate,x\n0,exhausted,1,1,"), 0U);
  EXPECT_NE(csv.str().find("\"a reason, \"\"quoted\"\"\""), std::string::npos);
  EXPECT_THROW(study.write_csv(folder_ / "nowhere" / "trials.csv"), Error);
}

TEST_F(KeptStudy, GoesOnWithMoreTrials) {
  const auto function = [](Trial& trial) { return height(trial.config()); };
  StudyOptions options = {.file = file(), .method = "tpe", .trials = 10, .round = 4};
  Study(line(), options).optimize(function);
  options.trials = 25;
  Study longer(line(), options);
  longer.optimize(function);
  options.file.clear();
  Study at_once(line(), options);
  at_once.optimize(function);
  EXPECT_EQ(without_seconds(longer.trials()), without_seconds(at_once.trials()));
}

TEST_F(KeptStudy, RefusesOtherOptionsAndASecondUser) {
  const StudyOptions options = {.file = file(), .metric = "height", .trials = 3};
  const Study study(line(), options);
  EXPECT_THROW(Study(line(), options), Error);  // in use
  const std::filesystem::path copy = folder_ / "copy.db";
  { const Study first(line(), {.file = copy, .metric = "height", .trials = 3}); }
  EXPECT_THROW(Study(line(), {.file = copy, .metric = "depth", .trials = 3}), Error);
  EXPECT_THROW(Study(line(), {.file = copy, .metric = "height", .direction = Direction::maximize}),
               Error);
  EXPECT_THROW(Study(line(), {.file = copy, .metric = "height", .seed = 2, .trials = 3}), Error);
  EXPECT_THROW(Study(space::Space({{"x", space::Uniform{0, 1}}}), {.file = copy}), Error);
  EXPECT_NO_THROW(Study(line(), {.file = copy, .metric = "height", .trials = 4}));
  EXPECT_THROW(Study(line(), {.file = folder_ / "nowhere" / "study.db"}), Error);
}

// Broken off wherever it may be, a study with pauses comes to the same end.
TEST_F(KeptStudy, WithPrunedTrialsGoesOnWhereverItWasStopped) {
  const StudyOptions in_memory = {.direction = Direction::maximize,
                                  .method = "halving",
                                  .trials = 27,
                                  .round = 3,
                                  .steps = 27,
                                  .report_every = 1};
  const auto function = [](Trial& trial) {
    for (uint64_t step = 1; step <= 27; ++step) {
      if (!trial.report(step, curve(trial.config(), step))) return 0.0;
    }
    return curve(trial.config(), 27);
  };
  Study whole(line(), in_memory);
  whole.optimize(function);
  for (const uint64_t after : {1, 7, 40, 90}) {
    StudyOptions options = in_memory;
    options.file = folder_ / ("after-" + std::to_string(after) + ".db");
    {
      Study study(line(), options);
      std::atomic<uint64_t> reports{0};
      study.optimize(
          [&](Trial& trial) {
            for (uint64_t step = 1; step <= 27; ++step) {
              if (++reports == after) study.stop();
              if (!trial.report(step, curve(trial.config(), step))) return 0.0;
            }
            return curve(trial.config(), 27);
          },
          {.threads = 2});
      EXPECT_FALSE(study.is_over()) << after;
    }
    Study study(line(), options);
    study.optimize(function);
    EXPECT_EQ(without_seconds(study.trials()), without_seconds(whole.trials())) << after;
  }
}

// A process that is gone in the middle of a report: what was not written yet is trained again.
TEST_F(KeptStudy, GoesOnAfterItsProcessDied) {
  StudyOptions options = {.direction = Direction::maximize,
                          .method = "median",
                          .trials = 12,
                          .round = 2,
                          .steps = 20,
                          .report_every = 2};
  const auto function_until = [](int reports) {
    return [reports](Trial& trial) mutable {
      for (uint64_t step = 2; step <= 20; step += 2) {
        if (trial.number() >= 5 && --reports == 0) _exit(7);
        if (!trial.report(step, curve(trial.config(), step))) return 0.0;
      }
      return curve(trial.config(), 20);
    };
  };
  Study whole(line(), options);
  whole.optimize(function_until(0));
  options.file = file();
  EXPECT_EXIT(Study(line(), options).optimize(function_until(4)), ::testing::ExitedWithCode(7), "");
  Study study(line(), options);
  EXPECT_FALSE(study.is_over());
  study.optimize(function_until(0));
  EXPECT_EQ(without_seconds(study.trials()), without_seconds(whole.trials()));
}

}  // namespace
}  // namespace sweetspot
