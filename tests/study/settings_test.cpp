#include "study/settings.hpp"

#include <gtest/gtest.h>

#include "sweetspot/error.hpp"

namespace sweetspot::study {
namespace {

Settings example() {
  Settings s;
  s.optimizers = {"gd", "adam"};
  s.learning_rates = {1e-3, 1.0};
  s.numbers["rmsprop"]["decay"] = 0.99;
  s.dropout = 0.25;
  s.layers.push_back({"conv", {{"filters", 4}, {"kernel", 5}}, "same"});
  return s;
}

TEST(Settings, JsonReadsBackTheSame) {
  EXPECT_EQ(settings_from_json(to_json(example())), example());
}

TEST(Settings, DamagedJsonIsAnError) {
  EXPECT_THROW(settings_from_json("{"), Error);
  EXPECT_THROW(settings_from_json("{}"), Error);
}

TEST(Settings, MoreRatesOptimizersSeedsAndBudgetExtend) {
  Settings wanted = example();
  wanted.optimizers = {"rmsprop"};
  wanted.learning_rates = {0.1};
  wanted.budget = 9000;
  wanted.seeds = 3;
  EXPECT_EQ(difference(example(), wanted), "");
  const Settings both = extended(example(), wanted);
  EXPECT_EQ(both.optimizers, (std::vector<std::string>{"gd", "adam", "rmsprop"}));
  EXPECT_EQ(both.learning_rates, (std::vector<double>{1e-3, 0.1, 1.0}));
}

TEST(Settings, AnyOtherDifferenceNamesTheField) {
  Settings wanted = example();
  wanted.budget = 10;
  EXPECT_EQ(difference(example(), wanted), "budget: 8000 in the study, 10 now");
  wanted = example();
  wanted.target.value = 0.9;
  EXPECT_NE(difference(example(), wanted).find("target"), std::string::npos);
  wanted = example();
  wanted.numbers.clear();
  EXPECT_NE(difference(example(), wanted).find("numbers"), std::string::npos);
}

TEST(Settings, TargetsAreAccuracies) {
  EXPECT_EQ(parse_target("running_accuracy=0.5"), (Target{"running_accuracy", 0.5}));
  EXPECT_EQ(parse_target("train_accuracy=1").value, 1.0);
  for (const char* bad : {"", "train_accuracy", "train_accuracy=", "train_accuracy=0",
                          "train_accuracy=1.01", "train_accuracy=nan", "train_acuracy=0.9"}) {
    EXPECT_THROW(parse_target(bad), Error) << bad;
  }
}

TEST(Settings, ConfigsOfATrace) {
  const std::vector<TraceConfig> configs = parse_configs("adam:1e-3,gd:0.2");
  EXPECT_EQ(configs, (std::vector<TraceConfig>{{"adam", 1e-3}, {"gd", 0.2}}));
  EXPECT_EQ(text_of(configs[0]), "adam:0.001");
  for (const char* wrong : {"adam", "adam:", "adam:0", "adam:-1", "adam:nan", ""}) {
    EXPECT_THROW(parse_configs(wrong), Error) << wrong;
  }
}

TEST(Settings, SizesAndTracesGoThroughJson) {
  Settings s;
  s.kind = Kind::size;
  s.scales = {1, 2.5};
  s.number_grid = {{"decay", {0.9, 0.99}}};
  EXPECT_EQ(settings_from_json(to_json(s)), s);
  s.kind = Kind::trace;
  s.configs = {{"adam", 1e-3}};
  s.target = parse_target("none");
  EXPECT_EQ(settings_from_json(to_json(s)), s);
  EXPECT_EQ(difference(s, s), "");
  Settings more = s;
  more.configs.push_back({"gd", 0.1});
  EXPECT_EQ(difference(s, more), "");
  EXPECT_EQ(extended(s, more).configs.size(), 2U);
  more.kind = Kind::sweep;
  EXPECT_NE(difference(s, more).find("kind"), std::string::npos);
}

}  // namespace
}  // namespace sweetspot::study
