#include "store/json_columns.hpp"

#include <limits>

#include "base/json_text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

constexpr double kMost = std::numeric_limits<double>::max();

// Runs a piece of work on a text; says of what is wrong with it where that is.
template <class Work>
auto parsed(const char* what, const std::string& text, Work&& work) {
  try {
    return work(parse_json(text));
  } catch (const Error& error) {
    throw Error(ErrorKind::study,
                std::string("the study is damaged: its ") + what + ": " + error.what());
  }
}

NetworkSize network_of(const Json& object) {
  const JsonFields json(object);
  return {.name = json.find("name") == nullptr ? "" : json.text("name"),
          .scale = json.number("scale", 0, kMost),
          .weights = json.whole<uint64_t>("weights", 0, std::numeric_limits<int64_t>::max()),
          .operations_per_step = json.number("operations_per_step", 0, kMost),
          .step_seconds = json.number("step_seconds", 0, kMost)};
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
  return parsed("config", text, [](const Json& json) {
    if (!json.is_object()) throw Error(ErrorKind::study, "is no object");
    space::Config config;
    for (const auto& [name, value] : json.items()) {
      if (value.is_string()) {
        config[name] = value.get<std::string>();
      } else {
        config[name] = number_of(value, name);
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
  return parsed("networks", text, [](const Json& all) {
    std::vector<NetworkSize> networks;
    for (const Json& json : all) networks.push_back(network_of(json));
    return networks;
  });
}

}  // namespace sweetspot::store
