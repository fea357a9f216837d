#include "train/network.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace sweetspot::train {
namespace {

constexpr ImageShape kMnist = {1, 28, 28};

size_t weights_of(const std::string& name, double width = 1) {
  return weight_count(stages_of(named_network(name, width, kMnist, 10)));
}

TEST(Network, NamedSizesAreTheExperiments) {
  EXPECT_EQ(weights_of("tiny"), 3371U);
  EXPECT_EQ(weights_of("small"), 206954U);
  EXPECT_EQ(weights_of("tutorial"), 3274634U);
}

TEST(Network, WidthScalesFiltersAndRoundsHalfUp) {
  const Stages stages = stages_of(named_network("tiny", 1.25, kMnist, 10));
  EXPECT_EQ(stages.convolutions[0].filters, 3);  // 2.5
  EXPECT_EQ(stages.convolutions[1].filters, 5);
  EXPECT_EQ(stages.dense[0].outputs, 15);
}

TEST(Network, RefusesAWidthThatLeavesNothing) {
  for (const double width : {0.0, -1.0, 0.1, 1e9}) {
    EXPECT_THROW(named_network("tiny", width, kMnist, 10), Error) << width;
  }
}

TEST(Network, AnUnknownNameGetsTheNearest) {
  try {
    named_network("tinny", 1, kMnist, 10);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("nearest known is 'tiny'"), std::string::npos);
  }
}

TEST(Network, OperationsAreTheSumOverItsLayers) {
  // tiny, one image: convolutions 784*25*2 and 196*25*2*4, dense 196*15 and 15*10 multiply-adds;
  // the first convolution computes no input gradient.
  const double multiply_adds = 2 * 39200 + 3 * 39200 + 3 * (2940 + 150);
  const Stages stages = stages_of(named_network("tiny", 1, kMnist, 10));
  EXPECT_EQ(operations_per_step(stages, 100), 2 * 100 * multiply_adds);
}

TEST(Network, SaysWhichLayerDoesNotFit) {
  Network network = named_network("tiny", 1, kMnist, 10);
  network.layers[1] = {.kind = LayerKind::maxpool, .size = 2};
  try {
    stages_of(network);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              "model layer 2: the trainer wants relu after a convolution here, on an input of "
              "28x28x1");
  }
  network = named_network("tiny", 1, {1, 6, 6}, 10);
  EXPECT_THROW(stages_of(network), Error);  // 3x3 cannot be pooled by 2
  network = named_network("tiny", 1, kMnist, 10);
  network.layers[0].size = 2000;  // the second convolution's rows: 18 x 2000 values
  EXPECT_THROW(stages_of(network), Error);
  network = named_network("tiny", 1, kMnist, 10);
  network.classes = 7;
  EXPECT_THROW(stages_of(network), Error);
}

}  // namespace
}  // namespace sweetspot::train
