// Model files: a network as TOML, [[model.layer]] once for each layer, and [model] name where it
// has one. Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/toml_reader.hpp"
#include "study/settings.hpp"

namespace sweetspot::models {

struct Model {
  std::string name;
  std::vector<study::LayerSetting> layers;  // at least one
};

// The table `model`, which a study file may hold as well; it is called `name` where it does not
// say. Throws Error (usage).
Model read_model(TomlReader& reader, const toml::node& table, const std::string& name);

// A whole model file, which messages call `file`. Throws Error (usage).
Model parse_model(const std::string& file, std::string_view text);

// Whether --model names a file rather than a network: it ends in .toml.
bool is_model_file(std::string_view model);

// Throws Error (usage), also where the file cannot be read.
Model read_model_file(const std::string& file);

}  // namespace sweetspot::models
