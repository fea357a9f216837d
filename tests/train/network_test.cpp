#include "sweetspot/network.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sweetspot/error.hpp"

namespace sweetspot::train {
namespace {

Network one_convolution(int filters) {
  return {.input = {1, 28, 28},
          .classes = 10,
          .layers = {{.kind = LayerKind::conv, .size = filters, .kernel = 5},
                     {.kind = LayerKind::dense, .size = 10}}};
}

TEST(Network, WidthScalesFiltersAloneAndRoundsHalfUp) {
  EXPECT_EQ(scaled(one_convolution(2), 1.25).layers[0].size, 3);  // 2.5
  EXPECT_EQ(scaled(one_convolution(4), 1.25).layers[0].size, 5);
  EXPECT_EQ(scaled(one_convolution(4), 1.25).layers[1].size, 10);
}

TEST(Network, RefusesAWidthThatLeavesNothing) {
  for (const double width : {0.0, -1.0, 0.1, 1e9}) {
    EXPECT_THROW(scaled(one_convolution(2), width), Error) << width;
  }
  Network dense = one_convolution(2);
  dense.layers.erase(dense.layers.begin());
  for (const double width : {0.0, -3.0, std::nan(""), HUGE_VAL}) {
    EXPECT_THROW(scaled(dense, width), Error) << width;
  }
}

}  // namespace
}  // namespace sweetspot::train
