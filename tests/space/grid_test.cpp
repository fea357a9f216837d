#include "space/grid.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sweetspot/error.hpp"

namespace sweetspot::space {
namespace {

TEST(Grid, TheExperimentsRates) {
  const std::vector<double> rates = parse_learning_rates("1e-6:100:6");
  ASSERT_EQ(rates.size(), 49U);
  EXPECT_EQ(rates.front(), 1e-6);
  EXPECT_EQ(rates.back(), 100.0);
  EXPECT_EQ(rates[6], 1e-5);
  EXPECT_EQ(rates[1], 1.4678e-6);  // 10^(1/6), six significant digits
  for (size_t i = 1; i < rates.size(); ++i) {
    EXPECT_NEAR(std::log10(rates[i] / rates[i - 1]), 1.0 / 6, 1e-5);
  }
}

TEST(Grid, AListIsSortedWithoutRepeats) {
  EXPECT_EQ(parse_learning_rates("0.1,1e-3,0.1"), (std::vector<double>{1e-3, 0.1}));
}

TEST(Grid, RefusesWhatIsNoRate) {
  for (const char* bad :
       {"",          "0",       "-1",         "nan",      "inf",           "1e999",    "x",
        "1e-3,",     "1:0.1:6", "1:1:6",      "0:1:6",    "-1:1:6",        "1e-3:1:0", "1e-3:1:1.5",
        "1e-3:1:-2", "1e-3:1",  "1e-3:1:6:6", "1e-3:2:6", "1e-3:1:100000", "nan:1:6"}) {
    EXPECT_THROW(parse_learning_rates(bad), Error) << bad;
  }
}

TEST(Grid, ProductVariesTheLastFastest) {
  const std::vector<Config> configs = product(
      {{"optimizer", {std::string("gd"), std::string("adam")}}, {"learning_rate", {0.1, 0.2}}});
  ASSERT_EQ(configs.size(), 4U);
  EXPECT_EQ(text_of(configs[0]), "learning_rate=0.1,optimizer=gd");
  EXPECT_EQ(text_of(configs[1]), "learning_rate=0.2,optimizer=gd");
  EXPECT_EQ(text_of(configs[3]), "learning_rate=0.2,optimizer=adam");
}

TEST(Scales, RangesAndLists) {
  const std::vector<double> scales = parse_scales("1:10:0.25");
  ASSERT_EQ(scales.size(), 37U);
  EXPECT_EQ(scales[0], 1);
  EXPECT_EQ(scales[1], 1.25);
  EXPECT_EQ(scales[36], 10);
  EXPECT_EQ(parse_scales("2,1,2.5,2"), (std::vector<double>{1, 2, 2.5}));
  EXPECT_EQ(parse_scales("3:3:1"), std::vector<double>{3});
  for (const char* wrong : {"10:1:0.25", "1:10", "1:10:0", "1:10:-1", "1:10:0.7", "0:1:0.5", "x",
                            "", "1,nan", "1:1e300:1e-300"}) {
    EXPECT_THROW(parse_scales(wrong), Error) << wrong;
  }
}

}  // namespace
}  // namespace sweetspot::space
