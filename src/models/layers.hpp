// The layers of a model file as the trainer's. Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "study/settings.hpp"
#include "sweetspot/network.hpp"

namespace sweetspot::models {

// A dense layer without units, which only the last may be, gets one a class. Throws Error (usage)
// that names the layer's number: unknown type or key, a number that is missing or none.
std::vector<train::Layer> layers_of(const std::vector<study::LayerSetting>& settings, int classes);

// All keys that some layer takes, type and padding among them.
std::vector<std::string> layer_keys();

}  // namespace sweetspot::models
