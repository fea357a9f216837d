// The figure of bench/equal_cost.
#include <gtest/gtest.h>

#include "report/figures.hpp"
#include "report/png.hpp"

namespace sweetspot::report {
namespace {

TEST(CompareFigure, HasALineForEachMethod) {
  FigureScript script;
  const std::string svg = script.svg("equal-cost", R"({
    "metric": "validation_accuracy", "cost": 8000, "about": "tiny on mnist",
    "methods": [{"name": "grid", "seeds": [[[100, 0.5], [500, 0.96]], [[900, 0.97]], []]},
                {"name": "auto", "seeds": [[[100, 0.961]], [[200, 0.975]], [[300, 0.979]]]}]})");
  EXPECT_EQ(svg.find("NaN"), std::string::npos);
  for (const char* words : {"grid", "auto", "the median of 3 seeds", "validation accuracy",
                            "training steps spent", "8,000"}) {
    EXPECT_NE(svg.find(words), std::string::npos) << words;
  }
  EXPECT_TRUE(png_of(svg, 1).starts_with("\x89PNG"));
}

}  // namespace
}  // namespace sweetspot::report
