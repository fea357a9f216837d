#include "models/named_models.hpp"

#include "base/text.hpp"
#include "models/layers.hpp"
#include "models/model_file.hpp"
#include "models/shipped.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::models {

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const ShippedModel& model : shipped_models()) names.emplace_back(model.name);
  return names;
}

std::string_view model_text(std::string_view name) {
  for (const ShippedModel& model : shipped_models()) {
    if (model.name == name) return model.text;
  }
  throw Error(ErrorKind::usage, unknown_name("model", name, model_names()));
}

train::Network named_network(std::string_view name, double width, const train::ImageShape& input,
                             int classes) {
  const std::string file = std::string(name) + ".toml";
  return train::scaled({.input = input,
                        .classes = classes,
                        .layers = layers_of(parse_model(file, model_text(name)).layers, classes)},
                       width);
}

}  // namespace sweetspot::models
