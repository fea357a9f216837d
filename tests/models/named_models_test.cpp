#include "models/named_models.hpp"

#include <gtest/gtest.h>

#include "sweetspot/error.hpp"
#include "train/stages.hpp"

namespace sweetspot::models {
namespace {

constexpr train::ImageShape kMnist = {1, 28, 28};

size_t weights_of(const std::string& name, const train::ImageShape& input = kMnist) {
  return train::weight_count(train::stages_of(named_network(name, 1, input, 10)));
}

TEST(NamedModels, AreTheExperiments) {
  EXPECT_EQ(model_names(), (std::vector<std::string>{"tiny", "small", "tutorial", "cifar10"}));
  EXPECT_EQ(weights_of("tiny"), 3371U);
  EXPECT_EQ(weights_of("small"), 206954U);
  EXPECT_EQ(weights_of("tutorial"), 3274634U);
  // 3x3x3x32, 3x3x32x64, 3x3x64x128, 2x2x128x128, 2048x1500 and 1500x10, with their biases.
  EXPECT_EQ(weights_of("cifar10", {3, 32, 32}),
            864U + 32 + 18432 + 64 + 73728 + 128 + 65536 + 128 + 3072000 + 1500 + 15000 + 10);
}

TEST(NamedModels, TheClassesAreTheDatas) {
  const train::Network network = named_network("tiny", 1, kMnist, 7);
  EXPECT_EQ(network.layers.back().size, 7);
}

TEST(NamedModels, OperationsAreTheSumOverItsLayers) {
  // tiny, one image: convolutions 784*25*2 and 196*25*2*4, dense 196*15 and 15*10 multiply-adds;
  // the first convolution computes no input gradient.
  const double multiply_adds = 2 * 39200 + 3 * 39200 + 3 * (2940 + 150);
  const train::Stages stages = train::stages_of(named_network("tiny", 1, kMnist, 10));
  EXPECT_EQ(train::operations_per_step(stages, 100), 2 * 100 * multiply_adds);
}

TEST(NamedModels, AnUnknownNameGetsTheNearest) {
  try {
    named_network("tinny", 1, kMnist, 10);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("nearest known is 'tiny'"), std::string::npos);
  }
}

}  // namespace
}  // namespace sweetspot::models
