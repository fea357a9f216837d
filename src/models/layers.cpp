#include "models/layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::models {
namespace {

using train::LayerKind;

struct LayerType {
  std::string name;
  LayerKind kind;
  std::vector<std::string> numbers;
};

const std::vector<LayerType>& layer_types() {
  static const std::vector<LayerType> kTypes = {
      {"conv", LayerKind::conv, {"filters", "kernel"}}, {"relu", LayerKind::relu, {}},
      {"maxpool", LayerKind::maxpool, {"size"}},        {"flatten", LayerKind::flatten, {}},
      {"dense", LayerKind::dense, {"units"}},           {"dropout", LayerKind::dropout, {"rate"}}};
  return kTypes;
}

// Reads one layer; keeps its number for messages.
class LayerReader {
 public:
  LayerReader(const study::LayerSetting& setting, size_t number)
      : setting_(setting), number_(number) {}

  train::Layer read(bool is_last, int classes) const {
    const LayerType& type = known_type();
    require_known_keys(type);
    train::Layer layer;
    layer.kind = type.kind;
    switch (layer.kind) {
      case LayerKind::conv:
        layer.size = whole("filters");
        layer.kernel = whole("kernel");
        layer.padding = padding();
        break;
      case LayerKind::maxpool:
        layer.size = whole("size");
        break;
      case LayerKind::dropout:
        layer.rate = number("rate");
        break;
      case LayerKind::dense:
        layer.size = is_last && !setting_.numbers.contains("units") ? classes : whole("units");
        break;
      default:
        break;
    }
    return layer;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::usage, fmt::format("model layer {}: {}", number_, what));
  }

  const LayerType& known_type() const {
    std::vector<std::string> names;
    for (const LayerType& type : layer_types()) {
      if (type.name == setting_.type) return type;
      names.push_back(type.name);
    }
    refuse(unknown_name("layer type", setting_.type, names));
  }

  void require_known_keys(const LayerType& type) const {
    for (const auto& [name, value] : setting_.numbers) {
      if (std::find(type.numbers.begin(), type.numbers.end(), name) != type.numbers.end()) continue;
      if (type.numbers.empty()) refuse(fmt::format("{} takes no '{}'", type.name, name));
      refuse(unknown_name("key of " + type.name, name, type.numbers));
    }
    if (type.kind != LayerKind::conv && !setting_.padding.empty()) {
      refuse(type.name + " takes no 'padding'");
    }
  }

  double number(const std::string& name) const {
    const auto found = setting_.numbers.find(name);
    if (found == setting_.numbers.end()) {
      refuse(fmt::format("{} needs '{}'", setting_.type, name));
    }
    return found->second;
  }

  int whole(const std::string& name) const {
    const double value = number(name);
    constexpr int kMost = 1'000'000;
    if (!(value >= 1 && value <= kMost) || value != static_cast<int>(value)) {
      refuse(fmt::format("{} = {}: must be a whole number from 1 to {}", name, shortest(value),
                         with_thousands(kMost)));
    }
    return static_cast<int>(value);
  }

  train::Padding padding() const {
    if (setting_.padding.empty() || setting_.padding == "same") return train::Padding::same;
    if (setting_.padding == "valid") return train::Padding::valid;
    refuse(fmt::format("padding '{}': must be same or valid", setting_.padding));
  }

  const study::LayerSetting& setting_;
  size_t number_;
};

}  // namespace

std::vector<std::string> layer_keys() {
  std::vector<std::string> keys = {"type", "padding"};
  for (const LayerType& type : layer_types()) {
    keys.insert(keys.end(), type.numbers.begin(), type.numbers.end());
  }
  return keys;
}

std::vector<train::Layer> layers_of(const std::vector<study::LayerSetting>& settings, int classes) {
  std::vector<train::Layer> layers;
  for (size_t i = 0; i < settings.size(); ++i) {
    layers.push_back(LayerReader(settings[i], i + 1).read(i + 1 == settings.size(), classes));
  }
  return layers;
}

}  // namespace sweetspot::models
