#include "cli/study_file.hpp"

#include <gtest/gtest.h>

#include "cli/study_request.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {
namespace {

StudyRequest read(const std::string& text) {
  StudyRequest request = default_request(study::Kind::sweep);
  apply_study_text("study.toml", text, request);
  return request;
}

std::string refusal(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "none";
}

TEST(StudyFile, SaysEverythingThatFlagsSay) {
  const StudyRequest request = read(R"(
data = "fashion-mnist"
model = "small"
width = 1.5
optimizers = ["gd", "adam"]
learning_rates = "1e-3:1:3"
target = "running_accuracy=0.9"
budget = 100
check_every = 10
batch_size = 20
seed = 4
seeds = 2
no_early_stop = true
audit = true
semantics = "pytorch"
set = ["adam.beta1=0.8", "dropout=0.1"]
max_trial_seconds = 1.5
max_seconds = 60
threads = 3
lanes = 16
study = "x.db"

[optimizer.rmsprop]
decay = 0.99
)");
  const study::Settings& s = request.settings;
  EXPECT_EQ(s.data, "fashion-mnist");
  EXPECT_EQ(s.model, "small");
  EXPECT_EQ(s.width, 1.5);
  EXPECT_EQ(s.optimizers, (std::vector<std::string>{"gd", "adam"}));
  EXPECT_EQ(s.learning_rates.size(), 10U);
  EXPECT_EQ(s.target, (study::Target{"running_accuracy", 0.9}));
  EXPECT_EQ(s.early_stop, "off");
  EXPECT_TRUE(s.audit);
  EXPECT_EQ(s.numbers.at("rmsprop").at("decay"), 0.99);
  EXPECT_EQ(s.numbers.at("adam").at("beta1"), 0.8);
  EXPECT_EQ(s.dropout, 0.1);
  EXPECT_EQ(request.threads, 3);
  EXPECT_EQ(request.lanes, 16);
  EXPECT_EQ(request.study, "x.db");
}

TEST(StudyFile, TheSpaceIsATable) {
  const StudyRequest request = read(R"(
[space.optimizer]
values = ["adam"]
[space.learning_rate]
type = "log"
low = 1e-3
high = 1
per_decade = 2
)");
  EXPECT_EQ(request.settings.optimizers, std::vector<std::string>{"adam"});
  EXPECT_EQ(request.settings.learning_rates.size(), 7U);
}

TEST(StudyFile, LayersAreAListOfTables) {
  const StudyRequest request = read(R"(
[[model.layer]]
type = "conv"
filters = 4
kernel = 5
padding = "same"
[[model.layer]]
type = "relu"
)");
  ASSERT_EQ(request.settings.layers.size(), 2U);
  EXPECT_EQ(request.settings.layers[0].numbers.at("filters"), 4);
  EXPECT_EQ(request.settings.layers[1].type, "relu");
}

TEST(StudyFile, WhatIsPrintedReadsBackTheSame) {
  StudyRequest request = default_request(study::Kind::sweep);
  request.settings.numbers["rmsprop"]["decay"] = 0.99;
  request.settings.dropout = 0.25;
  request.settings.learning_rates = {1e-6, 1, 100};
  StudyRequest again = default_request(study::Kind::sweep);
  apply_study_text("printed", study::to_toml(request.settings), again);
  EXPECT_EQ(again.settings, request.settings);
}

TEST(StudyFile, ErrorsNameLineKeyAndNearest) {
  EXPECT_EQ(refusal("seed = 1\nbudgt = 5\n").substr(0, 62),
            "study.toml:2: unknown key 'budgt'; the nearest known is 'budge");
  EXPECT_EQ(refusal("\n\nbudget = \"many\"\n"),
            "study.toml:3: budget must be a whole number from 1 to 1000000000");
  EXPECT_EQ(refusal("budget = 0\n"),
            "study.toml:1: budget must be a whole number from 1 to 1000000000");
  EXPECT_EQ(refusal("seed = 1\nlanes = 12\n"), "study.toml:2: lanes must be 8, 16 or 32");
  EXPECT_EQ(refusal("width = nan\n"), "study.toml:1: width must be a finite number");
  EXPECT_EQ(refusal("learning_rates = [0.1, -1.0]\n"),
            "study.toml:1: learning_rates: learning rates: -1 must be above 0 and finite");
  EXPECT_NE(refusal("target = \"train_accuracy=2\"\n").find("study.toml:1: target: "),
            std::string::npos);
  EXPECT_NE(refusal("seed = \n").find("study.toml:1:"), std::string::npos);
  EXPECT_NE(refusal("[space.lerning_rate]\nlow = 1\n").find("nearest known is 'learning_rate'"),
            std::string::npos);
  EXPECT_NE(refusal("[optimizer]\nadam = 3\n").find("optimizer.adam must be a table"),
            std::string::npos);
  EXPECT_NE(refusal("[[model.layer]]\nfilters = 3\n").find("needs a type"), std::string::npos);
  EXPECT_NE(refusal("optimizers = [1]\n").find("study.toml:1: optimizers must be a text"),
            std::string::npos);
}

TEST(StudyRequest, SetTakesNumbersOfOptimizersAndDropout) {
  study::Settings settings;
  apply_number("rmsprop.decay=0.99", settings);
  apply_number("dropout=0.3", settings);
  EXPECT_EQ(settings.numbers["rmsprop"]["decay"], 0.99);
  EXPECT_EQ(settings.dropout, 0.3);
  for (const char* bad : {"", "decay=0.9", "rmsprop.decay", "rmsprop.decay=", "dropout=x"}) {
    EXPECT_THROW(apply_number(bad, settings), Error) << bad;
  }
}

}  // namespace
}  // namespace sweetspot::cli
