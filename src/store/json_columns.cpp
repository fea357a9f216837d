#include "store/json_columns.hpp"

#include <nlohmann/json.hpp>

#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

// Runs a piece of work on a text; what is no such text comes out as the project's error.
template <class Work>
auto parsed(const std::string& text, Work&& work) {
  try {
    return work(nlohmann::ordered_json::parse(text));
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
  return parsed(text, [](const nlohmann::ordered_json& json) {
    space::Config config;
    for (const auto& [name, value] : json.items()) {
      if (value.is_string()) {
        config[name] = value.get<std::string>();
      } else {
        config[name] = value.get<double>();
      }
    }
    return config;
  });
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
  return parsed(text, [](const nlohmann::ordered_json& all) {
    std::vector<NetworkSize> networks;
    for (const auto& json : all) {
      networks.push_back({json.value("name", ""), json.at("scale"), json.at("weights"),
                          json.at("operations_per_step"), json.at("step_seconds")});
    }
    return networks;
  });
}

}  // namespace sweetspot::store
