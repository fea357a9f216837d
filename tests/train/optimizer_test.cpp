#include "train/optimizer.hpp"

#include <gtest/gtest.h>

#include "sweetspot/error.hpp"

namespace sweetspot::train {
namespace {

TEST(Optimizer, TheSixComeFirstInTheOrderOfTheFigures) {
  const std::vector<std::string> six = {"gd", "momentum", "adagrad", "adadelta", "rmsprop", "adam"};
  EXPECT_EQ(experiment_optimizers(), six);
  const std::vector<std::string> all = optimizer_names();
  EXPECT_EQ(std::vector<std::string>(all.begin(), all.begin() + 6), six);
}

TEST(Optimizer, NumbersAreTheFrameworksDefaults) {
  const auto numbers = [](const char* name, Semantics semantics) {
    return optimizer_numbers(optimizer_index(name), semantics, {});
  };
  EXPECT_EQ(numbers("rmsprop", Semantics::tensorflow), (std::vector<double>{0.9, 0, 1e-10}));
  EXPECT_EQ(numbers("rmsprop", Semantics::pytorch), (std::vector<double>{0.99, 0, 1e-8}));
  EXPECT_EQ(numbers("adadelta", Semantics::tensorflow), (std::vector<double>{0.95, 1e-8}));
  EXPECT_EQ(numbers("adam", Semantics::tensorflow), (std::vector<double>{0.9, 0.999, 1e-8}));
  EXPECT_EQ(numbers("momentum", Semantics::tensorflow), std::vector<double>{0.5});
  EXPECT_EQ(numbers("adagrad", Semantics::tensorflow)[0], 0.1);
}

TEST(Optimizer, OverridesAreChecked) {
  const int rmsprop = optimizer_index("rmsprop");
  EXPECT_EQ(optimizer_numbers(rmsprop, Semantics::tensorflow, {{"decay", 0.99}})[0], 0.99);
  EXPECT_THROW(optimizer_numbers(rmsprop, Semantics::tensorflow, {{"decay", 1.0}}), Error);
  EXPECT_THROW(optimizer_numbers(rmsprop, Semantics::tensorflow, {{"decay", -0.1}}), Error);
  EXPECT_THROW(optimizer_numbers(optimizer_index("gd"), Semantics::tensorflow, {{"decay", 0.5}}),
               Error);
  try {
    optimizer_numbers(rmsprop, Semantics::tensorflow, {{"decy", 0.9}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("nearest known is 'decay'"), std::string::npos);
  }
}

}  // namespace
}  // namespace sweetspot::train
