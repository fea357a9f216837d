// The study by its public headers alone, against functions whose lowest point is known.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <set>
#include <sweetspot/sweetspot.hpp>
#include <thread>

namespace sweetspot {
namespace {

space::Space plane() {
  return space::Space({{"x", space::Uniform{-5, 5}}, {"y", space::Uniform{-5, 5}}});
}

double bowl(Trial& trial) {
  return std::pow(trial.value_of("x") - 1, 2) + std::pow(trial.value_of("y") + 2, 2);
}

// What a test compares: all but the clock.
std::vector<TrialResult> without_seconds(std::vector<TrialResult> trials) {
  for (TrialResult& trial : trials) trial.seconds = 0;
  return trials;
}

std::string message_of(const std::function<void()>& work, ErrorKind kind) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

TEST(Study, FindsTheLowestPointOfABowl) {
  Study study(plane(), {.trials = 40});
  EXPECT_EQ(study.options().method, "gp");
  study.optimize(bowl);
  ASSERT_EQ(study.trials().size(), 40U);
  ASSERT_TRUE(study.best().has_value());
  EXPECT_LT(*study.best()->value, 1e-2);
  EXPECT_NEAR(space::number_in(study.best()->config, "x"), 1, 0.1);
  EXPECT_TRUE(study.is_over());
  EXPECT_NE(study.answer().find("40 trials: 40 exhausted"), std::string::npos) << study.answer();
}

TEST(Study, FindsTheHighestPointOfAHill) {
  Study study(plane(), {.direction = Direction::maximize, .trials = 40});
  study.optimize([](Trial& trial) { return -bowl(trial); });
  EXPECT_GT(*study.best()->value, -1e-2);
}

TEST(Study, EveryMethodFindsABetterPointThanItsFirst) {
  for (const SearchMethod& method : search_methods()) {
    EXPECT_FALSE(method.about.empty());
    Study study(plane(), {.method = method.name, .trials = 25});
    study.optimize(bowl);
    ASSERT_EQ(study.trials().size(), 25U) << method.name;
    EXPECT_LT(*study.best()->value, *study.trials().front().value) << method.name;
  }
}

TEST(Study, TakesChoicesAndConditions) {
  const space::Space space({{"shape", space::Categorical{{"flat", "steep"}}},
                            {"rate", space::LogUniform{1e-4, 1}},
                            {"depth", space::Integer{1, 9}, space::Condition{"shape", {"steep"}}}});
  Study study(space, {.trials = 60});
  EXPECT_EQ(study.options().method, "tpe");
  study.optimize([](Trial& trial) {
    const double away = std::abs(std::log10(trial.value_of("rate")) + 2);
    if (trial.choice_of("shape") == "flat") return 3 + away;
    return away + std::abs(trial.value_of("depth") - 4) / 4;
  });
  EXPECT_EQ(space::choice_in(study.best()->config, "shape"), "steep");
  EXPECT_LT(*study.best()->value, 0.75);
}

TEST(Study, HasTheSameTrialsWithOneThreadAndSeveral) {
  std::vector<std::vector<TrialResult>> found;
  for (const int threads : {1, 2, 6}) {
    Study study(plane(), {.method = "tpe", .seed = 7, .trials = 40, .round = 3});
    study.optimize(
        [](Trial& trial) {
          std::this_thread::sleep_for(std::chrono::microseconds((trial.number() * 37) % 400));
          return bowl(trial);
        },
        {.threads = threads});
    found.push_back(without_seconds(study.trials()));
  }
  EXPECT_EQ(found[0], found[1]);
  EXPECT_EQ(found[0], found[2]);
}

TEST(Study, EmploysItsThreads) {
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  Study study(plane(), {.method = "random", .trials = 12, .round = 3});
  study.optimize(
      [&](Trial& trial) {
        const int now = ++at_once;
        for (int seen = most.load(); now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        // The first waits for another, or so long that there is none.
        for (int look = 0; look == 0 || (look < 500 && most.load() < 2); ++look) {
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        --at_once;
        return bowl(trial);
      },
      {.threads = 3});
  EXPECT_GT(most.load(), 1);
  EXPECT_LE(most.load(), 3);
  EXPECT_NE(message_of([&] { study.optimize(bowl, {.threads = 7}); }, ErrorKind::usage)
                .find("threads 7: must be from 1 to 6"),
            std::string::npos);
}

TEST(Study, KeepsWhatTheFunctionThrowsAsAFailedTrial) {
  Study study(plane(), {.method = "random", .trials = 20});
  study.optimize([](Trial& trial) {
    if (trial.number() % 4 == 1) throw std::runtime_error("no memory for it");
    if (trial.number() % 4 == 2) return std::nan("");
    if (trial.number() % 4 == 3) throw 7;
    return bowl(trial);
  });
  const std::vector<TrialResult> trials = study.trials();
  ASSERT_EQ(trials.size(), 20U);
  EXPECT_EQ(trials[1].outcome, study::Outcome::failed);
  EXPECT_EQ(trials[1].note, "no memory for it");
  EXPECT_EQ(trials[2].outcome, study::Outcome::diverged);
  EXPECT_EQ(trials[3].outcome, study::Outcome::failed);
  EXPECT_EQ(trials[3].note, "an exception that is no std::exception");
  EXPECT_EQ(trials[4].outcome, study::Outcome::exhausted);
  EXPECT_EQ(study.best()->number % 4, 0);
}

TEST(Study, GivesUpAFunctionThatFailsInTheSameWayAgainAndAgain) {
  Study study(plane(), {.trials = 100});
  const std::string message = message_of(
      [&] {
        study.optimize([](Trial& trial) -> double { return trial.value_of("z"); },
                       {.equal_failures = 3});
      },
      ErrorKind::usage);
  EXPECT_NE(message.find("3 trials in a row failed in the same way"), std::string::npos) << message;
  EXPECT_NE(message.find("has no number 'z'"), std::string::npos) << message;
  EXPECT_EQ(study.trials()[2].outcome, study::Outcome::failed);
  EXPECT_FALSE(study.best().has_value());
  EXPECT_NE(study.answer().find("No trial worked yet"), std::string::npos);
}

TEST(Study, StopsAndGoesOn) {
  Study study(plane(), {.method = "random", .trials = 30});
  size_t calls = 0;
  study.optimize(bowl, {.on_end = [&](const TrialResult& trial) {
                   EXPECT_TRUE(trial.value.has_value());
                   if (++calls == 10) study.stop();
                 }});
  EXPECT_EQ(calls, 10U);
  EXPECT_FALSE(study.is_over());
  study.optimize(bowl);
  EXPECT_EQ(study.trials().size(), 30U);
  EXPECT_TRUE(study.is_over());
}

TEST(Study, PassesOnWhatOnEndThrows) {
  Study study(plane(), {.trials = 30});
  const auto on_end = [](const TrialResult&) { throw std::runtime_error("enough"); };
  EXPECT_THROW(study.optimize(bowl, {.on_end = on_end}), std::runtime_error);
}

TEST(Study, IsAskedAndTold) {
  Study study(plane(), {.method = "gp", .trials = 15});
  Study called(plane(), {.method = "gp", .trials = 15});
  called.optimize(bowl);
  while (const std::optional<AskedTrial> asked = study.ask()) {
    EXPECT_EQ(asked->from, 0U);
    EXPECT_EQ(asked->until, 1U);
    const double x = space::number_in(asked->config, "x");
    const double y = space::number_in(asked->config, "y");
    study.tell(asked->number, std::pow(x - 1, 2) + std::pow(y + 2, 2));
  }
  EXPECT_TRUE(study.is_over());
  EXPECT_EQ(without_seconds(study.trials()), without_seconds(called.trials()));
}

TEST(Study, SaysWhatIsWrongWithWhatItIsTold) {
  Study study(plane(), {.trials = 3});
  EXPECT_NE(message_of([&] { study.tell(0, 1); }, ErrorKind::usage).find("not under way"),
            std::string::npos);
  const AskedTrial asked = *study.ask();
  EXPECT_FALSE(study.ask().has_value());  // rounds of one
  EXPECT_FALSE(study.is_over());
  study.fail(asked.number, "the simulator crashed");
  EXPECT_EQ(study.trials()[0].note, "the simulator crashed");
  message_of([&] { study.tell(asked.number, 1); }, ErrorKind::usage);
  message_of([&] { study.tell(-1, 1); }, ErrorKind::usage);
}

TEST(Study, RefusesOptionsThatMeanNothing) {
  const std::vector<std::pair<StudyOptions, std::string>> bad = {
      {{.metric = ""}, "metric"},
      {{.target = 1.0}, "steps must be above 1"},
      {{.target = std::nan(""), .steps = 5}, "finite"},
      {{.method = "tpee"}, "nearest known is 'tpe'"},
      {{.method = "pbt"}, "pbt"},
      {{.trials = 0}, "trials"},
      {{.total_steps = 3, .steps = 5}, "total_steps"},
      {{.round = 0}, "round"},
      {{.steps = 0}, "steps"},
      {{.steps = 5, .report_every = 6}, "report_every"},
  };
  for (const auto& [options, word] : bad) {
    const StudyOptions& wrong = options;
    const std::string message = message_of([&] { Study(plane(), wrong); }, ErrorKind::usage);
    EXPECT_NE(message.find(word), std::string::npos) << message;
  }
  Study study(plane());
  message_of([&] { study.optimize(bowl, {.threads = 0}); }, ErrorKind::usage);
  message_of([&] { study.optimize(bowl, {.equal_failures = 0}); }, ErrorKind::usage);
}

}  // namespace
}  // namespace sweetspot
