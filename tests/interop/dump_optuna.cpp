// What the program reads of an Optuna study, as JSON, for optuna_test.py.
//   dump_optuna FILE.db [NAME]
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "exchange/optuna_file.hpp"
#include "space/space_file.hpp"
#include "sweetspot/error.hpp"

namespace {

using namespace sweetspot;
using Json = nlohmann::ordered_json;

template <class T>
Json json_of(const std::optional<T>& value) {
  return value.has_value() ? Json(*value) : Json();
}

Json json_of(const exchange::OptunaTrial& trial) {
  Json config = Json::object();
  for (const auto& [name, value] : trial.config) {
    std::visit([&, key = name](const auto& v) { config[key] = v; }, value);
  }
  Json intermediate = Json::object();
  for (const auto& [step, value] : trial.intermediate) {
    intermediate[fmt::format("{}", step)] = json_of(value);
  }
  const auto outcome = outcome_of(trial);
  return {{"number", trial.number},
          {"outcome", outcome.has_value() ? Json(study::name_of(*outcome)) : Json()},
          {"config", config},
          {"value", json_of(trial.value)},
          {"intermediate", intermediate},
          {"attributes", trial.attributes},
          {"started", json_of(trial.started)},
          {"ended", json_of(trial.ended)}};
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const auto [study, notes] =
        exchange::read_optuna(arguments[1], count > 2 ? arguments[2] : std::string());
    Json trials = Json::array();
    for (const exchange::OptunaTrial& trial : study.trials) trials.push_back(json_of(trial));
    const Json json = {{"name", study.name},
                       {"maximize", study.maximize},
                       {"space", space::to_toml(study.space)},
                       {"trials", trials},
                       {"notes", notes}};
    fmt::print("{}\n", json.dump());
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
