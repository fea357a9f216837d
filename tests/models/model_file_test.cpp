#include "models/model_file.hpp"

#include <gtest/gtest.h>

#include "models/layers.hpp"
#include "models/named_models.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::models {
namespace {

// What is said of a model file, whether it does not parse or its layers mean nothing.
std::string refusal(const std::string& text) {
  try {
    layers_of(parse_model("net.toml", text).layers, 10);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "none";
}

TEST(ModelFile, LayersAreAListOfTables) {
  const Model model = parse_model("folder/net.toml", R"(
[[model.layer]]
type = "conv"
filters = 4
kernel = 3
padding = "valid"
[[model.layer]]
type = "dropout"
rate = 0.25
[[model.layer]]
type = "dense"
)");
  EXPECT_EQ(model.name, "net");
  const std::vector<train::Layer> layers = layers_of(model.layers, 7);
  ASSERT_EQ(layers.size(), 3U);
  EXPECT_EQ(layers[0], (train::Layer{.kind = train::LayerKind::conv,
                                     .size = 4,
                                     .kernel = 3,
                                     .padding = train::Padding::valid}));
  EXPECT_EQ(layers[1].rate, 0.25);
  EXPECT_EQ(layers[2].size, 7);
}

TEST(ModelFile, MayHaveAName) {
  EXPECT_EQ(
      parse_model("x.toml", "[model]\nname = \"net\"\n[[model.layer]]\ntype = \"relu\"\n").name,
      "net");
}

TEST(ModelFile, WhatIsWrongIsSaidWithItsPlace) {
  EXPECT_NE(refusal("").find("net.toml: no layers"), std::string::npos);
  EXPECT_NE(refusal("[model]\nname = \"a\"\n").find("no layers"), std::string::npos);
  EXPECT_NE(refusal("seed = 1\n").find("net.toml:1: unknown key of a model file 'seed'"),
            std::string::npos);
  EXPECT_NE(refusal("[[model.layers]]\ntype = \"relu\"\n").find("nearest known is 'layer'"),
            std::string::npos);
  EXPECT_NE(refusal("[[model.layer]]\nfilters = 3\n").find("net.toml:1: model.layer needs a type"),
            std::string::npos);
  EXPECT_NE(refusal("[[model.layer]]\ntype = 3\n").find("model.layer.type must be a text"),
            std::string::npos);
  EXPECT_NE(refusal("[[model.layer]]\ntype = \"conv\"\nkernel = nan\n").find("net.toml:3:"),
            std::string::npos);
  EXPECT_NE(refusal("[[model.layer]]\ntype = \"dense\"\nactivation = \"relu\"\n")
                .find("net.toml:3: unknown key of model.layer 'activation'"),
            std::string::npos);
  const auto layer = [](const std::string& text) { return "[[model.layer]]\n" + text + "\n"; };
  EXPECT_NE(refusal(layer("type = \"convv\"")).find("model layer 1: unknown layer type 'convv'"),
            std::string::npos);
  EXPECT_NE(refusal(layer("type = \"conv\"\nfilters = 3")).find("conv needs 'kernel'"),
            std::string::npos);
  EXPECT_NE(refusal(layer("type = \"conv\"\nfiltrs = 3")).find("nearest known is 'filters'"),
            std::string::npos);
  EXPECT_NE(refusal(layer("type = \"relu\"\nsize = 3")).find("relu takes no 'size'"),
            std::string::npos);
  EXPECT_NE(refusal(layer("type = \"relu\"\npadding = \"same\"")).find("takes no 'padding'"),
            std::string::npos);
  EXPECT_NE(refusal(layer("type = \"conv\"\nfilters = 3\nkernel = 3\npadding = \"full\""))
                .find("must be same or valid"),
            std::string::npos);
  EXPECT_NE(refusal(layer("type = \"maxpool\"\nsize = 2.5"))
                .find("must be a whole number from 1 to 1,000,000"),
            std::string::npos);
  // Only the last dense layer knows its units.
  EXPECT_NE(refusal(layer("type = \"dense\"") + layer("type = \"dense\""))
                .find("model layer 1: dense needs 'units'"),
            std::string::npos);
}

TEST(ModelFile, IsToldByItsEnding) {
  EXPECT_EQ(chosen_model("tiny").name, "tiny");
  EXPECT_TRUE(chosen_model("tiny").layers.empty());
  EXPECT_THROW(chosen_model("/nowhere/net.toml"), Error);
}

TEST(ModelFile, MaySayWhatImagesItIsMeantFor) {
  EXPECT_EQ(parse_model("x.toml", model_text("cifar10")).input, "32x32x3");
  EXPECT_EQ(parse_model("x.toml", model_text("tiny")).input, "");
}

}  // namespace
}  // namespace sweetspot::models
