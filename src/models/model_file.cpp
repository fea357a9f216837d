#include "models/model_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/read_file.hpp"
#include "base/text.hpp"
#include "models/layers.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::models {
namespace {

study::LayerSetting read_layer(TomlReader& reader, const toml::node& node) {
  study::LayerSetting layer;
  reader.at_key("model.layer");
  for (const auto& [key, value] : reader.table_of(node)) {
    reader.at_key(fmt::format("model.layer.{}", key.str()));
    if (key.str() == "type") {
      layer.type = reader.string_of(value);
    } else if (key.str() == "padding") {
      layer.padding = reader.string_of(value);
    } else {
      const std::string name(key.str());
      const std::vector<std::string> known = layer_keys();
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        reader.fail(key, unknown_name("key of model.layer", name, known));
      }
      layer.numbers[name] = reader.number_of(value);
    }
  }
  if (layer.type.empty()) {
    reader.fail(node, "model.layer needs a type: conv, relu, maxpool, flatten, dense or dropout");
  }
  return layer;
}

}  // namespace

Model read_model(TomlReader& reader, const toml::node& table, const std::string& name) {
  Model model;
  model.name = name;
  for (const auto& [key, node] : reader.table_of(table)) {
    reader.at_key(fmt::format("model.{}", key.str()));
    if (key.str() == "name") {
      model.name = reader.string_of(node);
    } else if (key.str() == "input") {
      model.input = reader.string_of(node);
    } else if (key.str() == "layer") {
      if (!node.is_array()) reader.fail(node, "write [[model.layer]] once for each layer");
      for (const toml::node& layer : *node.as_array()) {
        model.layers.push_back(read_layer(reader, layer));
      }
    } else {
      reader.fail(key, unknown_name("key of model", key.str(),
                                    std::vector<std::string>{"name", "input", "layer"}));
    }
  }
  if (model.layers.empty()) {
    reader.fail(table, "model has no layers; write [[model.layer]] once for each");
  }
  return model;
}

Model parse_model(const std::string& file, std::string_view text) {
  TomlReader reader(file);
  const toml::table table = reader.parse(text);
  for (const auto& [key, node] : table) {
    reader.at_key(std::string(key.str()));
    if (key.str() != "model") {
      reader.fail(
          key, unknown_name("key of a model file", key.str(), std::vector<std::string>{"model"}));
    }
  }
  if (table.empty()) {
    throw Error(ErrorKind::usage, file + ": no layers; write [[model.layer]] once for each");
  }
  return read_model(reader, table.begin()->second, std::filesystem::path(file).stem().string());
}

Model read_model_file(const std::string& file) {
  return parse_model(file, read_text_file(file));
}

}  // namespace sweetspot::models
