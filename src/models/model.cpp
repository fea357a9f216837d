#include "models/model.hpp"

#include "base/text.hpp"
#include "models/layers.hpp"
#include "models/model_file.hpp"
#include "models/named_models.hpp"

namespace sweetspot::models {

Model chosen_model(const std::string& name_or_file) {
  if (name_or_file.ends_with(".toml")) return read_model_file(name_or_file);
  return {name_or_file, {}, ""};
}

train::Network network_of(const Model& model, double width, const train::ImageShape& input,
                          int classes) {
  if (model.layers.empty()) return named_network(model.name, width, input, classes);
  return train::scaled(
      {.input = input, .classes = classes, .layers = layers_of(model.layers, classes)}, width);
}

std::string choices_text() {
  return join(model_names(), ", ") + ", or a model file";
}

}  // namespace sweetspot::models
