#include "train/stages.hpp"

#include <gtest/gtest.h>

#include "support/layers.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::train {
namespace {

using testing_support::conv;
using testing_support::dense;
using testing_support::drop;
using testing_support::flatten;
using testing_support::pool;
using testing_support::relu;

Network network_of(const ImageShape& input, std::vector<Layer> layers, int classes = 10) {
  return {.input = input, .classes = classes, .layers = std::move(layers)};
}

std::string refusal(const Network& network) {
  try {
    stages_of(network);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "none";
}

TEST(Stages, WhatFollowsAConvolutionIsPartOfIt) {
  const Stages stages = stages_of(network_of(
      {3, 32, 32}, {conv(8, 3), relu(), conv(16, 2), pool(2), relu(), drop(0.25), dense(10)}));
  ASSERT_EQ(stages.convolutions.size(), 2U);
  EXPECT_EQ(stages.convolutions[0].pool, 1);
  EXPECT_EQ(stages.convolutions[0].out, (ImageShape{8, 32, 32}));
  const ConvStage& second = stages.convolutions[1];
  EXPECT_TRUE(second.relu);
  EXPECT_EQ(second.dropout, 0.25);
  EXPECT_EQ(second.padding, 0);  // the odd one of an even kernel lies below and on the right
  EXPECT_EQ(second.padding_after, 1);
  EXPECT_EQ(second.convolved, (ImageShape{16, 32, 32}));
  EXPECT_EQ(second.out, (ImageShape{16, 16, 16}));
  EXPECT_EQ(stages.dense[0].inputs, 16 * 16 * 16);
}

TEST(Stages, PoolingLeavesOutWhatFillsNoWindow) {
  const Stages stages =
      stages_of(network_of({1, 13, 11}, {conv(2, 3), relu(), pool(2), pool(2), dense(10)}));
  EXPECT_EQ(stages.convolutions[0].pool, 4);
  EXPECT_EQ(stages.convolutions[0].out, (ImageShape{2, 3, 2}));
  EXPECT_EQ(stages.convolutions[0].convolved, (ImageShape{2, 12, 8}));
}

TEST(Stages, ANetworkMayHaveNoConvolution) {
  const Stages stages = stages_of(network_of({3, 4, 5}, {flatten(), dense(7), relu(), dense(10)}));
  EXPECT_TRUE(stages.convolutions.empty());
  EXPECT_EQ(weight_count(stages), 61U * 7 + 8 * 10);
  // The gradient of the pixels is not computed.
  EXPECT_EQ(operations_per_step(stages, 2), 2 * 2 * (2.0 * 60 * 7 + 3.0 * 7 * 10));
}

TEST(Stages, SayWhichLayerDoesNotFitAndBothShapes) {
  const ImageShape image = {1, 6, 6};
  const auto says = [&](std::vector<Layer> layers, const std::string& what) {
    const std::string said = refusal(network_of(image, std::move(layers)));
    EXPECT_NE(said.find(what), std::string::npos) << said;
  };
  EXPECT_EQ(refusal(network_of(
                image, {conv(2, 3), relu(), pool(2), conv(4, 5, Padding::valid), dense(10)})),
            "model layer 4 (conv 5x5, 4 filters, valid padding) on an input of 3x3x2: the kernel "
            "does not fit: valid padding would leave -1x-1x4");
  EXPECT_EQ(refusal(network_of(image, {conv(2, 3), pool(7), dense(10)})),
            "model layer 2 (maxpool 7x7) on an input of 6x6x2: the window does not fit: it would "
            "leave 0x0x2");
  EXPECT_EQ(refusal(network_of(image, {dense(4), conv(2, 3), dense(10)})),
            "model layer 2 (conv 3x3, 2 filters, same padding) on an input of 4 units: a "
            "convolution needs an image, not what a flatten or dense layer gives");
  says({relu(), dense(10)}, "model layer 1 (relu)");
  says({pool(2), dense(10)}, "pooling goes behind a convolution");
  says({drop(0.5), dense(10)}, "dropout goes behind");
  says({conv(2, 3), drop(0.5), pool(2), dense(10)}, "pooling goes before the dropout");
  says({conv(2, 3), drop(0.5), drop(0.5), dense(10)}, "two dropouts in a row");
  says({conv(2, 3), drop(1), dense(10)}, "at least 0 and below 1");
  says({conv(0, 3), dense(10)}, "at least 1 filter");
  says({conv(2, 11), dense(10)}, "1 to 9 pixels");
  says({flatten(), flatten(), dense(10)}, "is flat already");
  says({}, "the last layer must be a dense layer of 10 units");
  says({dense(9)}, "the last layer must be a dense layer of 10 units");
  says({dense(10), relu()}, "with nothing behind it");
  says({dense(10), drop(0.5)}, "with nothing behind it");
}

TEST(Stages, KnowWhatEachLayerGives) {
  const Stages stages = stages_of(
      network_of({1, 9, 9}, {conv(4, 3), relu(), pool(2), flatten(), dense(7), relu(), dense(10)}));
  ASSERT_EQ(stages.outputs.size(), 7U);
  EXPECT_EQ(stages.outputs[1].shape, (ImageShape{4, 9, 9}));
  EXPECT_EQ(stages.outputs[2].shape, (ImageShape{4, 4, 4}));
  EXPECT_TRUE(stages.outputs[3].is_flat);
  EXPECT_EQ(stages.outputs[3].shape.channels, 64);
  EXPECT_EQ(stages.outputs[5].shape.channels, 7);
}

TEST(Stages, WhatCannotBeCountedIsRefused) {
  EXPECT_NE(
      refusal(network_of({100, 10000, 10000}, {flatten(), dense(10)})).find("10000000000 values"),
      std::string::npos);
  EXPECT_NE(refusal(network_of({1, 200, 200}, {conv(4096, 3), dense(10)})).find("163840000 values"),
            std::string::npos);
  EXPECT_NE(
      refusal(network_of({1, 100, 100}, {dense(1000000), dense(10)})).find("weights; at most"),
      std::string::npos);
}

TEST(Stages, AWindowThatReachesTooFarIsRefused) {
  EXPECT_NE(refusal(network_of({1, 28, 28}, {conv(2000, 3), conv(4, 5), pool(2), dense(10)}))
                .find("model layer 3 (maxpool 2x2)"),
            std::string::npos);
}

}  // namespace
}  // namespace sweetspot::train
