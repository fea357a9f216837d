// Spaces: what they refuse, where their values lie, which parameters take part.
#include "sweetspot/space.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "space/config_key.hpp"
#include "space/distinct_configs.hpp"
#include "space/space_file.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::space {
namespace {

const Parameter kRate = {"learning_rate", LogUniform{1e-6, 100}};
const Parameter kOptimizer = {"optimizer", Categorical{{"gd", "rmsprop", "adam"}}};
const Parameter kDecay = {"decay", Uniform{0.5, 1}, Condition{"optimizer", {"rmsprop"}}};

std::string refusal(std::vector<Parameter> parameters) {
  try {
    const Space space(std::move(parameters));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "";
}

TEST(Space, ValuesLieEvenlyInTheirScale) {
  EXPECT_EQ(value_at(LogUniform{1e-6, 100}, 0), Value(1e-6));
  EXPECT_EQ(value_at(LogUniform{1e-6, 100}, 0.5), Value(0.01));
  EXPECT_EQ(value_at(LogUniform{1e-6, 100}, 1), Value(100.0));
  EXPECT_EQ(value_at(Uniform{-1, 3}, 0.25), Value(0.0));
  // Six whole numbers, each a sixth of the line.
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(value_at(Integer{1, 6}, (i + 0.01) / 6), Value(i + 1.0));
    EXPECT_EQ(value_at(Integer{1, 6}, (i + 0.99) / 6), Value(i + 1.0));
  }
  EXPECT_EQ(value_at(Integer{1, 1000, true}, 0.5), Value(std::round(std::sqrt(0.5 * 1000.5))));
  EXPECT_EQ(value_at(Categorical{{"a", "b"}}, 0.49), Value(std::string("a")));
  EXPECT_EQ(value_at(Categorical{{"a", "b"}}, 1), Value(std::string("b")));
}

TEST(Space, PointsAndConfigsGoBackAndForth) {
  const Space space({kRate, kOptimizer, kDecay, {"units", Integer{4, 64, true}}});
  for (double u = 0.005; u < 1; u += 0.0371) {
    const Config config = space.config_at({u, 1 - u, u * u, std::sqrt(u)});
    std::vector<double> point;
    for (const auto& coordinate : space.point_of(config)) point.push_back(coordinate.value_or(0));
    EXPECT_EQ(space.config_at(point), config) << u;
  }
}

TEST(Space, ParametersTakePartUnderTheirCondition) {
  // The condition's parameter may come later in the file.
  const Space space({kDecay, kOptimizer});
  EXPECT_EQ(space.parameters().front().name, "optimizer");
  const Config rmsprop = space.config_at({0.5, 0.5});
  EXPECT_EQ(text_of(rmsprop), "decay=0.75,optimizer=rmsprop");
  const Config adam = space.config_at({0.9, 0.5});
  EXPECT_EQ(text_of(adam), "optimizer=adam");
  EXPECT_FALSE(space.point_of(adam)[1].has_value());
}

TEST(Space, RefusesWhatIsNone) {
  EXPECT_EQ(refusal({}), "space: no parameter in it");
  EXPECT_EQ(refusal({kRate, kRate}), "space.learning_rate: is there twice");
  EXPECT_EQ(refusal({{"x", Uniform{2, 1}}}), "space.x: low 2 must be below high 1");
  EXPECT_EQ(refusal({{"x", Uniform{1, 1}}}), "space.x: low 1 must be below high 1");
  EXPECT_EQ(refusal({{"x", Uniform{0, INFINITY}}}), "space.x: low and high must be finite");
  EXPECT_EQ(refusal({{"x", LogUniform{0, 1}}}),
            "space.x: low 0 must be positive: it is spaced in the logarithm");
  EXPECT_EQ(refusal({{"x", Categorical{{}}}}), "space.x: values must not be empty");
  EXPECT_EQ(refusal({{"x", Categorical{{"a", "a"}}}}), "space.x: value 'a' is there twice");
  EXPECT_EQ(refusal({kOptimizer, {"decay", Uniform{0, 1}, Condition{"optimiser", {"adam"}}}}),
            "space.decay: when: unknown parameter 'optimiser'; the nearest known is 'optimizer'; "
            "known: optimizer, decay");
  EXPECT_EQ(refusal({kRate, {"decay", Uniform{0, 1}, Condition{"learning_rate", {"1"}}}}),
            "space.decay: when: 'learning_rate' is a number; conditions look at a categorical");
  EXPECT_EQ(refusal({kOptimizer, {"decay", Uniform{0, 1}, Condition{"optimizer", {"adm"}}}}),
            "space.decay: when: unknown value of optimizer 'adm'; the nearest known is 'adam'; "
            "known: gd, rmsprop, adam");
  EXPECT_EQ(refusal({{"x", Uniform{-1e308, 1e308}}}), "space.x: low and high are too far apart");
  EXPECT_EQ(refusal({{"x", LogUniform{1e-200, 1e200}}}), "space.x: low and high are too far apart");
  EXPECT_EQ(refusal({{"a", Categorical{{"x"}}, Condition{"b", {"y"}}},
                     {"b", Categorical{{"y"}}, Condition{"a", {"x"}}}}),
            "space.a: when: 'a' waits for 'b' in a circle");
}

std::vector<Parameter> read(const std::string& text) {
  TomlReader reader("space.toml");
  const toml::table table = reader.parse(text);
  return read_parameters(reader, *table.get("space"));
}

TEST(Space, SaysWhatIsNoValueOrConfig) {
  const Distribution choice = Categorical{{"adam", "gd"}};
  EXPECT_EQ(unit_of(choice, std::string("gd")), 0.75);
  EXPECT_THROW(unit_of(choice, std::string("adm")), Error);
  EXPECT_THROW(unit_of(choice, 1.0), Error);
  EXPECT_THROW(unit_of(Uniform{0, 1}, std::string("adam")), Error);
  EXPECT_THROW(Space({{"x", Uniform{0, 1}}}).config_at({0.5, 0.5}), Error);
  const Config config = {{"x", 1.0}, {"optimizer", std::string("adam")}};
  EXPECT_EQ(number_in(config, "x"), 1.0);
  EXPECT_EQ(choice_in(config, "optimizer"), "adam");
  EXPECT_THROW(number_in(config, "y"), Error);
  EXPECT_THROW(number_in(config, "optimizer"), Error);
  EXPECT_THROW(choice_in(config, "x"), Error);
}

TEST(Space, DigitsBelongToTheWidthOfTheRange) {
  for (const Distribution& wide : std::vector<Distribution>{
           LogUniform{1e-6, 100}, Uniform{0, 1}, Uniform{0.9, 0.999}, Uniform{0.99, 0.9999},
           Uniform{-1, 3}, Uniform{1e-9, 2e-9}, LogUniform{1, 1.1}, Uniform{100, 101},
           LogUniform{1e-300, 1e-290}, Uniform{-1e-310, 1e-310}, Uniform{0, 1e308}}) {
    EXPECT_EQ(digits_of(wide), 6);
  }
  for (const Distribution& narrow : std::vector<Distribution>{
           Uniform{1000000, 1000001}, LogUniform{1, 1.000001}, Uniform{0.9999990, 0.9999999},
           Uniform{-1000000.5, -1000000}, LogUniform{123456, 123457}, Uniform{1, 1 + 1e-12}}) {
    std::set<Value> values;
    for (int i = 0; i < 1000; ++i) {
      const Value value = value_at(narrow, (i + 0.5) / 1000);
      values.insert(value);
      EXPECT_NEAR(unit_of(narrow, value), (i + 0.5) / 1000, 1e-3);
    }
    EXPECT_EQ(values.size(), 1000U);
  }
  EXPECT_EQ(value_at(Uniform{1000000, 1000001}, 0.25), Value(1000000.25));
  EXPECT_EQ(value_at(Uniform{1000000, 1000001, 6}, 0.25), Value(1000000.0));
}

TEST(Space, DifferentConfigsHaveDifferentKeys) {
  const std::vector<Config> alike = {{{"a", 1.0}, {"b", std::string("2")}},
                                     {{"a", std::string("1,b=2")}},
                                     {{"a", std::string("1")}, {"b", 2.0}},
                                     {{"a", 1.0}, {"b", 2.0}},
                                     {{"a=1,b", 2.0}},
                                     {{"a", std::string("1")}, {"b", std::string("2")}}};
  std::set<std::string> keys;
  for (const Config& config : alike) {
    EXPECT_EQ(text_of(config), "a=1,b=2");
    keys.insert(key_of(config));
  }
  EXPECT_EQ(keys.size(), alike.size());
  EXPECT_LT(key_of({{"a", 1.0}}), key_of({{"a", 2.0}}));
}

TEST(Space, ConfigsAreCounted) {
  const Parameter few = {"units", Integer{1, 3}};
  EXPECT_EQ(distinct_configs(Space({kOptimizer, few}), 100), 9U);
  EXPECT_EQ(distinct_configs(Space({kOptimizer, few}), 5), 5U);
  EXPECT_EQ(distinct_configs(Space({kOptimizer, kRate}), 100), 100U);
  // Only one optimizer of three has units.
  EXPECT_EQ(distinct_configs(
                Space({kOptimizer, {"units", Integer{1, 3}, Condition{"optimizer", {"gd"}}}}), 100),
            5U);
  EXPECT_EQ(distinct_configs(Space({{"n", Integer{0, 9000000000000000}}}), 1000), 1000U);
}

TEST(SpaceFile, ValuesAreAsTheyAreWritten) {
  const std::vector<Parameter> one = read(
      "[space.\"é\"]\ntype = \"categorical\"\nvalues = [\"é, é\", true, 16, 1.0, 1.50, 1_000, "
      "0x10, 1e-3, -0, 9223372036854775807, +5] # 7\n");
  EXPECT_EQ(std::get<Categorical>(one[0].distribution).values,
            (std::vector<std::string>{"é, é", "true", "16", "1.0", "1.50", "1000", "16", "1e-3",
                                      "-0", "9223372036854775807", "5"}));
}

TEST(SpaceFile, DigitsAreSaidWhereTheyAreNotSix) {
  const std::vector<Parameter> narrow = {{"x", Uniform{1000000, 1000001}}};
  EXPECT_NE(to_toml(narrow).find("digits = 12"), std::string::npos) << to_toml(narrow);
  EXPECT_EQ(read(to_toml(narrow)), narrow);
  const std::vector<Parameter> asked = {{"x", Uniform{0, 1, 9}}};
  EXPECT_EQ(read(to_toml(asked)), asked);
}

TEST(SpaceFile, ReadsWhatItWrites) {
  const std::vector<Parameter> all = {
      kRate, kOptimizer, kDecay, {"units", Integer{4, 64, true}}, {"depth", Integer{-1, 3}}};
  EXPECT_EQ(read(to_toml(all)), all);
}

// As inline tables may be written.
TEST(SpaceFile, TakesParametersOfOneLine) {
  const std::vector<Parameter> both = read(
      "space = {b = {type = \"uniform\", low = 0, high = 1}, a = {type = \"log\", low = 1, high = "
      "2}}");
  EXPECT_EQ(both, (std::vector<Parameter>{{"b", Uniform{0, 1}}, {"a", LogUniform{1, 2}}}));
}

TEST(SpaceFile, WritesAnyNameAndValue) {
  const std::vector<Parameter> odd = {{"a \"b\".c", Categorical{{"x\\y", "\x7f\n", "\"", ""}}},
                                      {"", Uniform{0, 1}, Condition{"a \"b\".c", {"\""}}}};
  EXPECT_EQ(read(to_toml(odd)), odd);
}

TEST(SpaceFile, SaysWhereAndWhat) {
  const auto error_of = [](const std::string& text) {
    try {
      read(text);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(error_of("[space.x]\ntype = \"lag\"\nlow = 1\nhigh = 2\n"),
            "space.toml:2: space.x.type: unknown type 'lag'; the nearest known is 'log'; known: "
            "log, uniform, integer, log-integer, categorical");
  EXPECT_EQ(error_of("[space.x]\ntype = \"log\"\nlow = 1\nhgih = 2\n"),
            "space.toml:4: unknown key of space.x 'hgih'; the nearest known is 'high'; known: "
            "type, low, high, digits, values, when");
  EXPECT_EQ(error_of("[space.x]\ntype = \"log\"\nlow = 1\n"),
            "space.toml:1: space.x: needs low and high, and no values");
  EXPECT_EQ(error_of("[space.x]\ntype = \"categorical\"\nlow = 1\n"),
            "space.toml:1: space.x: a categorical has values, and neither low nor high");
  EXPECT_EQ(error_of("[space.x]\ntype = \"integer\"\nlow = 1.5\nhigh = 2\n").substr(0, 40),
            "space.toml:3: space.x.low must be a whol");
}

// As text a range has them exactly; past that it could be written, and not be read again.
TEST(Space, WholeNumbersAreThoseThatADoubleCounts) {
  EXPECT_NO_THROW(Space({{"n", Integer{-kMostInteger, kMostInteger}}}));
  EXPECT_THROW(Space({{"n", Integer{0, kMostInteger + 1}}}), Error);
  EXPECT_THROW(Space({{"n", Integer{0, (int64_t{1} << 53) + 2}}}), Error);
  EXPECT_THROW(Space({{"n", Integer{-kMostInteger - 1, 0}}}), Error);
}

}  // namespace
}  // namespace sweetspot::space
