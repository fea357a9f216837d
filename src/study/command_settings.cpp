#include "study/command_settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "study/settings.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::study {
namespace {

Json json_of(const space::Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return std::get<std::string>(value);
}

space::Value value_of(const Json& json, const std::string& parameter) {
  if (json.is_string()) return json.get<std::string>();
  return number_of(json, fmt::format("a value of {}", parameter));
}

}  // namespace

space::GridParameter parse_grid_parameter(const std::string& assignment) {
  const size_t equals = assignment.find('=');
  const std::string name = assignment.substr(0, equals);
  const std::string text = equals == std::string::npos ? "" : assignment.substr(equals + 1);
  if (name.empty() || text.empty()) {
    throw Error(
        ErrorKind::usage,
        fmt::format("grid '{}': write NAME=low:high:per-decade or NAME=a,b,c, as width=1,2,4",
                    assignment));
  }
  space::GridParameter parameter = {name, {}};
  if (text.find(':') != std::string::npos) {
    for (const double rate : space::parse_learning_rates(text)) parameter.values.emplace_back(rate);
    return parameter;
  }
  const std::vector<std::string> words = split(text, ',');
  const bool are_numbers = std::all_of(words.begin(), words.end(), [](const std::string& word) {
    return parse_number(word).has_value();
  });
  for (const std::string& word : words) {
    if (word.empty()) {
      throw Error(ErrorKind::usage, fmt::format("grid '{}': a value is empty", assignment));
    }
    space::Value value = are_numbers ? space::Value(*parse_number(word)) : space::Value(word);
    if (std::find(parameter.values.begin(), parameter.values.end(), value) ==
        parameter.values.end()) {
      parameter.values.push_back(std::move(value));
    }
  }
  return parameter;
}

std::string to_json(const CommandSettings& settings) {
  Json grid = Json::object();
  for (const space::GridParameter& parameter : settings.grid) {
    Json values = Json::array();
    for (const space::Value& value : parameter.values) values.push_back(json_of(value));
    grid[parameter.name] = values;
  }
  return Json{{"command", settings.command},
              {"shell", settings.shell},
              {"metric_pattern", settings.metric_pattern},
              {"own_budget", settings.own_budget},
              {"grid", grid}}
      .dump();
}

CommandSettings command_settings_from_json(const std::string& text) {
  try {
    const Json object = parse_json(text);
    const JsonFields json(object);
    CommandSettings settings;
    settings.command = json.text("command");
    settings.shell = json.flag("shell");
    settings.metric_pattern = json.text("metric_pattern");
    settings.own_budget = json.flag("own_budget");
    for (const auto& [name, values] : json.at("grid").items()) {
      settings.grid.push_back({name, {}});
      for (const Json& value : values) settings.grid.back().values.push_back(value_of(value, name));
    }
    return settings;
  } catch (const Error& error) {
    throw Error(ErrorKind::study, fmt::format("the study's command is damaged: {}", error.what()));
  }
}

std::string keys_toml(const CommandSettings& settings) {
  std::string text = fmt::format("command = {}\n", toml_string(settings.command));
  if (settings.shell) text += "shell = true\n";
  if (!settings.metric_pattern.empty()) {
    text += fmt::format("metric_pattern = {}\n", toml_string(settings.metric_pattern));
  }
  return text;
}

std::string grid_toml(const std::vector<space::GridParameter>& grid) {
  std::string text;
  for (const space::GridParameter& parameter : grid) {
    std::vector<std::string> values;
    for (const space::Value& value : parameter.values) {
      const auto* number = std::get_if<double>(&value);
      values.push_back(number != nullptr ? shortest(*number)
                                         : toml_string(std::get<std::string>(value)));
    }
    text += fmt::format("\n[space.{}]\nvalues = [{}]\n", parameter.name, join(values, ", "));
  }
  return text;
}

}  // namespace sweetspot::study
