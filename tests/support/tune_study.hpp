// What the tests of searches that train share: a small study, trained in any way.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "cohorts/prepare_study.hpp"
#include "cohorts/study_runner.hpp"
#include "cohorts/study_setup.hpp"
#include "store/open_store.hpp"
#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::testing_support {

inline study::Settings tune_settings(const std::string& method) {
  study::Settings s;
  s.kind = study::Kind::tune;
  s.model = "tiny";
  s.optimizers = {"gd", "adam", "rmsprop"};
  s.search.method = method;
  s.search.cost = "12x";
  s.search.round = 8;
  s.search.space = {{"optimizer", space::Categorical{s.optimizers}},
                    {"learning_rate", space::LogUniform{1e-5, 10}}};
  s.target = {"train_accuracy", 0.8};
  s.budget = 240;
  s.check_every = 20;
  s.batch_size = 10;
  return s;
}

class TuneTest : public testing::Test {
 protected:
  std::unique_ptr<store::StudyStore> open(const std::string& name) {
    return store::open_sqlite(folder_.path() / name, store::Access::train, "tune");
  }

  // Everything that must be equal to the bit, as text.
  static std::string text_of(store::StudyStore& store) {
    std::string text;
    for (const study::Trial& trial : store.trials()) {
      text += fmt::format("{} {} seed {} {} {} {}\n", trial.number, space::text_of(trial.config),
                          trial.seed, study::name_of(*trial.outcome), trial.steps, trial.note);
      if (trial.origin.has_value()) {
        text += fmt::format("  from {} at {}\n", trial.origin->trial, trial.origin->step);
      }
      for (const study::CurvePoint& point : store.curve(trial.number).points) {
        text += fmt::format("  {}", point.step);
        for (const auto& value : point.values) text += fmt::format(" {}", value.value_or(-1));
      }
      text += "\n";
    }
    return text;
  }

  std::string trained(const study::Settings& settings, const cohorts::RunOptions& options,
                      const std::string& name, int pauses = 0) {
    const auto store = open(name);
    cohorts::prepare_study(*store, settings, set_);
    for (int i = 0; i < pauses; ++i) {
      cohorts::StudyRunner runner(*store, set_, options);
      runner.request_pause();
      runner.run({});
    }
    cohorts::StudyRunner(*store, set_, options).run({});
    return text_of(*store);
  }

  std::string refusal(const study::Settings& settings) {
    try {
      cohorts::require_trainable(settings, set_);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
  data::ImageSet set_ = synthetic_set();
};

}  // namespace sweetspot::testing_support
