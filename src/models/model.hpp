// What --model says: a named network, or one's own. Thread-safety: plain values and pure functions.
#pragma once

#include <string>
#include <vector>

#include "study/settings.hpp"
#include "sweetspot/network.hpp"

namespace sweetspot::models {

struct Model {
  std::string name;
  std::vector<study::LayerSetting> layers;  // of one's own network; none: a named one
  // Images that it is meant for, as HEIGHTxWIDTHxCHANNELS; "" where it does not say. A study's
  // images are its data's.
  std::string input;
};

// "tiny", or a model file: a name that ends in .toml. Throws Error (usage): a file that cannot be
// read or is wrong. An unknown name shows in network_of().
Model chosen_model(const std::string& name_or_file);

// The network for images of a shape and so many classes, with `width` times the filters of each
// convolution. Throws Error (usage): an unknown name, a layer that means nothing, a width that
// leaves a layer without filters. Whether the layers fit together shows in train::stages_of().
train::Network network_of(const Model& model, double width, const train::ImageShape& input,
                          int classes);

// "tiny, small, tutorial, cifar10, or a model file", for help.
std::string choices_text();

}  // namespace sweetspot::models
