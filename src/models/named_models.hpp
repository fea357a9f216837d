// The networks that are known by name: model files (models/*.toml) kept inside the program.
// Thread-safety: constant tables and pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sweetspot/network.hpp"

namespace sweetspot::models {

// In the order of their sizes.
std::vector<std::string> model_names();

// The model file. Throws Error (usage) for an unknown name.
std::string_view model_text(std::string_view name);

// Its network for images of a shape and so many classes, with `width` times the filters of the
// convolutions. Throws Error (usage): an unknown name, or a width that leaves a layer without
// filters.
train::Network named_network(std::string_view name, double width, const train::ImageShape& input,
                             int classes);

}  // namespace sweetspot::models
