#include "study/command_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

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

void add_grid_parameter(space::GridParameter parameter, CommandSettings& settings) {
  std::erase_if(settings.grid, [&](const auto& p) { return p.name == parameter.name; });
  settings.written.erase(parameter.name);
  settings.grid.push_back(std::move(parameter));
}

void add_grid_parameter(const std::string& name, const std::vector<std::string>& words,
                        CommandSettings& settings) {
  std::vector<std::string> distinct;
  std::vector<space::Value> numbers;
  for (const std::string& word : words) {
    if (std::find(distinct.begin(), distinct.end(), word) != distinct.end()) continue;
    distinct.push_back(word);
    const std::optional<double> number = parse_number(word);
    const bool is_another = number.has_value() && std::find(numbers.begin(), numbers.end(),
                                                            space::Value(*number)) == numbers.end();
    if (is_another) numbers.emplace_back(*number);
  }
  if (numbers.size() < distinct.size()) {
    return add_grid_parameter({name, {distinct.begin(), distinct.end()}}, settings);
  }
  add_grid_parameter({name, numbers}, settings);
  keep_written(name, distinct, settings);
}

void add_grid_parameter(const std::string& assignment, CommandSettings& settings) {
  const size_t equals = assignment.find('=');
  const std::string name = assignment.substr(0, equals);
  const std::string text = equals == std::string::npos ? "" : assignment.substr(equals + 1);
  if (name.empty() || text.empty()) {
    throw Error(
        ErrorKind::usage,
        fmt::format("grid '{}': write NAME=low:high:per-decade or NAME=a,b,c, as width=1,2,4",
                    assignment));
  }
  if (text.find(':') != std::string::npos) {
    const std::vector<double> rates = space::parse_learning_rates(text);
    return add_grid_parameter({name, {rates.begin(), rates.end()}}, settings);
  }
  const std::vector<std::string> words = split(text, ',');
  if (std::find(words.begin(), words.end(), "") != words.end()) {
    throw Error(ErrorKind::usage, fmt::format("grid '{}': a value is empty", assignment));
  }
  add_grid_parameter(name, words, settings);
}

void keep_written(const std::string& name, const std::vector<std::string>& words,
                  CommandSettings& settings) {
  for (const std::string& word : words) {
    const std::optional<double> number = parse_number(word);
    if (number.has_value() && shortest(*number) != word) {
      settings.written[name].emplace(*number, word);
    }
  }
}

namespace {

// How a number was written, where that is not its shortest form.
const std::string* written_form(const CommandSettings& settings, const std::string& name,
                                const space::Value& value) {
  const auto* number = std::get_if<double>(&value);
  const auto of_name = settings.written.find(name);
  if (number == nullptr || of_name == settings.written.end()) return nullptr;
  const auto word = of_name->second.find(*number);
  return word == of_name->second.end() ? nullptr : &word->second;
}

std::string arriving(const CommandSettings& settings, const std::string& name,
                     const space::Value& value) {
  const std::string* word = written_form(settings, name, value);
  return word != nullptr ? *word : space::text_of(value);
}

bool are_numbers(const std::vector<space::Value>& values) {
  return std::all_of(values.begin(), values.end(),
                     [](const space::Value& v) { return std::holds_alternative<double>(v); });
}

// Texts as the numbers that they were before texts were kept; unchanged where one is none.
std::vector<space::Value> as_numbers(const std::vector<space::Value>& values) {
  std::vector<space::Value> numbers;
  for (const space::Value& value : values) {
    const std::optional<double> number = parse_number(space::text_of(value));
    if (!number.has_value()) return values;
    if (std::find(numbers.begin(), numbers.end(), space::Value(*number)) == numbers.end()) {
      numbers.emplace_back(*number);
    }
  }
  return numbers;
}

}  // namespace

space::Config as_written(const CommandSettings& settings, space::Config config) {
  for (auto& [name, value] : config) {
    if (const std::string* word = written_form(settings, name, value)) value = std::string(*word);
  }
  return config;
}

CommandSettings as_begun(const CommandSettings& kept, CommandSettings wanted) {
  if (kept.as_written) return wanted;
  wanted.as_written = false;
  wanted.written.clear();
  for (space::GridParameter& parameter : wanted.grid) {
    const auto same = std::find_if(kept.grid.begin(), kept.grid.end(),
                                   [&](const auto& p) { return p.name == parameter.name; });
    if (same != kept.grid.end() && are_numbers(same->values)) {
      parameter.values = as_numbers(parameter.values);
    }
  }
  return wanted;
}

CommandSettings with_grid_of(const CommandSettings& kept, const CommandSettings& wanted) {
  CommandSettings all = kept;
  for (size_t i = 0; i < all.grid.size(); ++i) {
    const std::string& name = all.grid[i].name;
    std::vector<space::Value>& values = all.grid[i].values;
    for (const space::Value& value : wanted.grid[i].values) {
      const std::string text = arriving(wanted, name, value);
      const bool is_there = std::any_of(values.begin(), values.end(), [&](const auto& known) {
        return known == value || arriving(kept, name, known) == text;
      });
      if (is_there) continue;
      values.push_back(value);
      if (written_form(wanted, name, value) != nullptr) {
        all.written[name].emplace(std::get<double>(value), text);
      }
    }
  }
  return all;
}

std::string to_json(const CommandSettings& settings) {
  Json grid = Json::object();
  for (const space::GridParameter& parameter : settings.grid) {
    Json values = Json::array();
    for (const space::Value& value : parameter.values) values.push_back(json_of(value));
    grid[parameter.name] = values;
  }
  Json json = {{"command", settings.command},
               {"shell", settings.shell},
               {"metric_pattern", settings.metric_pattern},
               {"own_budget", settings.own_budget},
               {"grid", grid}};
  if (settings.as_written) {
    Json written = Json::object();
    for (const auto& [name, words] : settings.written) {
      for (const auto& [number, word] : words) written[name].push_back(word);
    }
    json["written"] = written;
  }
  return json_text(json);
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
    const Json* written = json.find("written");
    settings.as_written = written != nullptr;
    if (settings.as_written) {
      const JsonFields fields(*written);
      for (const auto& [name, words] : written->items()) {
        keep_written(name, fields.texts(name.c_str()), settings);
      }
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

namespace {

// Whether TOML has such a number: a whole one of 64 bits, or one with a point or an exponent.
bool is_toml_number(std::string_view text) {
  constexpr size_t kMostDigits = 18;
  if (text.starts_with('-')) text.remove_prefix(1);
  const size_t whole = std::min(text.find_first_not_of("0123456789"), text.size());
  if (whole == 0 || (whole > 1 && text.front() == '0')) return false;
  if (whole == text.size()) return whole <= kMostDigits;
  if (text[whole] != '.') return true;
  return whole + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[whole + 1])) != 0;
}

}  // namespace

std::string grid_toml(const CommandSettings& settings) {
  std::string text;
  for (const space::GridParameter& parameter : settings.grid) {
    std::vector<std::string> words;
    std::vector<std::string> values;
    bool is_array = true;
    for (const space::Value& value : parameter.values) {
      words.push_back(arriving(settings, parameter.name, value));
      const bool is_number = std::holds_alternative<double>(value);
      values.push_back(is_number ? words.back() : toml_string(words.back()));
      is_array = is_array && (!is_number || is_toml_number(words.back()));
    }
    // Numbers that TOML does not have, 007, stand in one text.
    text += fmt::format("\n[space.{}]\nvalues = {}\n", toml_key(parameter.name),
                        is_array ? "[" + join(values, ", ") + "]" : toml_string(join(words, ",")));
  }
  return text;
}

}  // namespace sweetspot::study
