#include "store/json_columns.hpp"

#include <nlohmann/json.hpp>

#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

nlohmann::ordered_json parsed(const std::string& text) {
  try {
    return nlohmann::ordered_json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::study, std::string("the study is damaged: ") + error.what());
  }
}

}  // namespace

std::string config_json(const space::Config& config) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : config) {
    std::visit([&, key = name](const auto& v) { json[key] = v; }, value);
  }
  return json.dump();
}

space::Config config_of(const std::string& text) {
  space::Config config;
  const auto json = parsed(text);
  for (const auto& [name, value] : json.items()) {
    if (value.is_string()) {
      config[name] = value.get<std::string>();
    } else {
      config[name] = value.get<double>();
    }
  }
  return config;
}

std::string networks_json(const std::vector<NetworkSize>& networks) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const NetworkSize& n : networks) {
    json.push_back({{"scale", n.scale},
                    {"weights", n.weights},
                    {"operations_per_step", n.operations_per_step},
                    {"step_seconds", n.step_seconds}});
    if (!n.name.empty()) json.back()["name"] = n.name;
  }
  return json.dump();
}

std::vector<NetworkSize> networks_of(const std::string& text) {
  std::vector<NetworkSize> networks;
  for (const auto& json : parsed(text)) {
    networks.push_back({json.value("name", ""), json.at("scale"), json.at("weights"),
                        json.at("operations_per_step"), json.at("step_seconds")});
  }
  return networks;
}

}  // namespace sweetspot::store
