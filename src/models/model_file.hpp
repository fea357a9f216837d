// Model files: a network as TOML, [[model.layer]] once for each layer, and in [model] its name and
// the images that it is meant for, where it says so. Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/toml_reader.hpp"
#include "models/model.hpp"

namespace sweetspot::models {

// The table `model`, which a study file may hold as well; it is called `name` where it does not
// say. Throws Error (usage).
// At least one layer.
Model read_model(TomlReader& reader, const toml::node& table, const std::string& name);

// A whole model file, which messages call `file`. Throws Error (usage).
Model parse_model(const std::string& file, std::string_view text);

// Throws Error (usage), also where the file cannot be read.
Model read_model_file(const std::string& file);

}  // namespace sweetspot::models
