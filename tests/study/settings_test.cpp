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

// What a study file holds that nobody meant to write.
TEST(Settings, ValuesOutOfTheirRangeAreDamage) {
  const std::string whole = to_json(example());
  const auto with = [&](const std::string& key, const std::string& value) {
    const size_t at = whole.find("\"" + key + "\":");
    EXPECT_NE(at, std::string::npos) << key;
    const size_t from = at + key.size() + 3;
    const size_t end = whole.find_first_of(",}", from);
    return whole.substr(0, from) + value + whole.substr(end);
  };
  for (const char* key : {"budget", "check_every", "batch_size", "seeds", "width"}) {
    for (const char* value : {"0", "-1", "1e300", "1e999", "\"8\"", "null", "[]"}) {
      if (key == std::string("width") && value == std::string("1e300")) continue;
      try {
        settings_from_json(with(key, value));
        ADD_FAILURE() << key << " " << value;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::study);
        EXPECT_TRUE(std::string(error.what()).starts_with("the study's settings are damaged: "))
            << error.what();
        EXPECT_EQ(std::string(error.what()).find("json.exception"), std::string::npos);
      }
    }
  }
  EXPECT_EQ(settings_from_json(with("seed", "18446744073709551615")).seed, UINT64_MAX);
  EXPECT_THROW(settings_from_json(with("semantics", "\"none\"")), Error);
  EXPECT_THROW(settings_from_json(with("dropout", "2")), Error);
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

Settings searched() {
  Settings s;
  s.kind = Kind::tune;
  s.command.emplace().command = "train {rate}";
  s.budget = kOwnBudget;
  s.search.method = "gp";
  s.search.space = {{"rate", space::LogUniform{1e-4, 1}}};
  return s;
}

TEST(Settings, DifferencesInASearchOrACommandAreReadable) {
  const Settings kept = searched();
  Settings wanted = kept;
  wanted.search.method = "tpe";
  EXPECT_EQ(difference(kept, wanted), "method: gp in the study, tpe now");
  wanted = kept;
  wanted.search.space = {{"rate", space::LogUniform{1e-3, 1}}};
  const std::string space = difference(kept, wanted);
  EXPECT_TRUE(space.starts_with("space.rate: type = \"log\", low = ")) << space;
  EXPECT_EQ(space.find_first_of("{\n"), std::string::npos) << space;
  wanted = kept;
  wanted.command->metric_pattern = "acc=(?<a>.*)";
  EXPECT_EQ(difference(kept, wanted), "metric_pattern: none in the study, acc=(?<a>.*) now");
  wanted = kept;
  wanted.command->own_budget = false;
  wanted.budget = 80;
  EXPECT_EQ(difference(kept, wanted), "budget: the program's own in the study, 80 now");
  wanted = kept;
  wanted.search.population.size = 7;  // of another method
  EXPECT_EQ(difference(kept, wanted), "");
}

TEST(Settings, DifferencesInAGridAreItsNames) {
  Settings kept = searched();
  kept.kind = Kind::sweep;
  kept.command->grid = {{"rate", {0.1, 0.2}}};
  Settings wanted = kept;
  wanted.command->grid = {{"rate", {0.1, 0.2, 0.4}}};
  EXPECT_EQ(difference(kept, wanted), "");
  wanted.command->grid.push_back({"width", {4.0}});
  EXPECT_EQ(difference(kept, wanted), "grid: rate in the study, rate, width now");
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

using Words = std::vector<std::string>;

CommandSettings grid_of(const std::vector<std::string>& assignments) {
  CommandSettings settings;
  settings.command = "train {x}";
  for (const std::string& assignment : assignments) add_grid_parameter(assignment, settings);
  return settings;
}

// What the program gets of each value.
Words arriving(const CommandSettings& settings) {
  Words words;
  for (const space::GridParameter& parameter : settings.grid) {
    for (const space::Value& value : parameter.values) {
      words.push_back(
          space::text_of(as_written(settings, {{parameter.name, value}}).at(parameter.name)));
    }
  }
  return words;
}

Settings sweep_of(const CommandSettings& command) {
  Settings s;
  s.command = command;
  s.target = {"loss", 0.1, true};
  return s;
}

TEST(CommandSettings, ValuesOfAListArriveAsWritten) {
  for (const std::string list :
       {"true,16,007,1.0", "1e-3,0.50,007,1.", "12345678901234567890,12345678901234567891",
        "12345678901234567890", "7,007", "-0,0", "1E5,.5,16", "a"}) {
    const CommandSettings settings = grid_of({"x=" + list});
    std::string joined;
    for (const std::string& word : arriving(settings)) joined += (joined.empty() ? "" : ",") + word;
    EXPECT_EQ(joined, list);
    EXPECT_EQ(command_settings_from_json(to_json(settings)), settings);
  }
  // Numbers stay numbers where they are different ones.
  EXPECT_EQ(grid_of({"x=1e-3,0.50"}).grid[0].values, (std::vector<space::Value>{0.001, 0.5}));
}

TEST(CommandSettings, AStudyOfAnEarlierVersionGoesOnWithTheShortestForm) {
  CommandSettings kept;
  kept.command = "train {x}";
  kept.grid = {{"x", {7.0, 0.001}}};
  kept.as_written = false;
  EXPECT_EQ(to_json(kept).find("written"), std::string::npos);
  EXPECT_EQ(command_settings_from_json(to_json(kept)), kept);
  const Settings same = sweep_of(grid_of({"x=7,007,1e-3"}));
  EXPECT_EQ(difference(sweep_of(kept), same), "");
  EXPECT_EQ(*extended(sweep_of(kept), same).command, kept);
  const Settings more = sweep_of(grid_of({"x=7,1e-3,1.0"}));
  EXPECT_EQ(arriving(*extended(sweep_of(kept), more).command), (Words{"7", "0.001", "1"}));
}

TEST(CommandSettings, AGridGrowsByWhatArrivesOtherwise) {
  const auto grown = [](const std::string& kept, const std::string& wanted) {
    const Settings before = sweep_of(grid_of({kept}));
    EXPECT_EQ(difference(before, sweep_of(grid_of({wanted}))), "");
    return arriving(*extended(before, sweep_of(grid_of({wanted}))).command);
  };
  EXPECT_EQ(grown("x=1,2", "x=1,2,007"), (Words{"1", "2", "007"}));
  EXPECT_EQ(grown("x=1e-3", "x=0.001,0.01"), (Words{"1e-3", "0.01"}));
  EXPECT_EQ(grown("x=7", "x=7,007"), (Words{"7", "007"}));
  EXPECT_EQ(grown("x=16,32", "x=16,auto"), (Words{"16", "32", "auto"}));
}

TEST(CommandSettings, TextsThatAreNotUtf8AreNamed) {
  const auto error_of = [](const CommandSettings& settings) {
    try {
      to_json(sweep_of(settings));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(error_of(grid_of({"x=a\xff"})), "grid.x: 'a?' is not UTF-8");
  EXPECT_EQ(error_of(grid_of({"x\xff=1"})), "grid: 'x?' is not UTF-8");
  CommandSettings settings;
  settings.command = "\xc3";
  EXPECT_EQ(error_of(settings), "command: '?' is not UTF-8");
}

TEST(Settings, AStudyGoesOnWithTheDigitsItHas) {
  Settings kept = searched();
  kept.search.space = {{"rate", space::Uniform{1000000, 1000001}}};
  // As an earlier version wrote it.
  std::string json = to_json(kept);
  const std::string digits = "digits = 12\\n";
  ASSERT_NE(json.find(digits), std::string::npos) << json;
  json.erase(json.find(digits), digits.size());
  const Settings before = settings_from_json(json);
  EXPECT_EQ(space::value_at(before.search.space[0].distribution, 0.25), space::Value(1000000.0));
  EXPECT_EQ(to_json(before), json);
  EXPECT_EQ(difference(before, kept), "");
  EXPECT_EQ(extended(before, kept), before);
  EXPECT_EQ(settings_from_json(to_json(kept)), kept);
}

}  // namespace
}  // namespace sweetspot::study
