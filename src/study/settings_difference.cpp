// What of a study's settings may change, and what is said where something else did.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "space/space_file.hpp"
#include "study/settings.hpp"

namespace sweetspot::study {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> names_of(const std::vector<space::GridParameter>& grid) {
  std::vector<std::string> names;
  for (const space::GridParameter& parameter : grid) names.push_back(parameter.name);
  return names;
}

// Whether it is the same command with more values of the same parameters.
bool may_grow_grid(const CommandSettings& kept, const CommandSettings& wanted) {
  CommandSettings same = wanted;
  same.grid = kept.grid;
  same.written = kept.written;
  return same == kept && names_of(kept.grid) == names_of(wanted.grid);
}

// Whether what `wanted` asks for in a field can be had by training more. A search's proposals
// depend on all that it was asked for: there nothing can.
bool may_grow(const std::string& field, const Settings& kept, const Settings& wanted) {
  if (field == "optimizers" || field == "learning_rates" || field == "scales" ||
      field == "configs") {
    return true;
  }
  // What a network of one's own is called changes nothing.
  if (field == "model") return !kept.layers.empty() && !wanted.layers.empty();
  if (field == "budget") return wanted.budget >= kept.budget;
  // The studies are then of one command; a grid may have more values.
  if (field == "command") return may_grow_grid(*kept.command, *wanted.command);
  return field == "seeds" && wanted.seeds >= kept.seeds;
}

template <class T>
std::vector<T> united(std::vector<T> kept, const std::vector<T>& more) {
  for (const T& value : more) {
    if (std::find(kept.begin(), kept.end(), value) == kept.end()) kept.push_back(value);
  }
  return kept;
}

// The parts of a study file that settings keep as one field, as its keys; what may grow is left
// out.
Json command_keys(const Settings& s, const Settings& other) {
  Json json = Json::parse(to_json(*s.command));
  const bool own_budget = s.command->own_budget;
  json.erase("own_budget");
  if (own_budget != other.command->own_budget) {
    json["budget"] = own_budget ? Json("the program's own") : Json(s.budget);
  }
  json.erase("written");
  json["grid"] = names_of(s.command->grid);
  return json;
}

Json search_keys(const Settings& s) {
  Json json = Json::parse(to_json(s.search));
  Json parameters = Json::object();
  for (const space::Parameter& parameter : s.search.space) {
    std::vector<std::string> lines = split(space::to_toml({parameter}), '\n');
    lines.erase(lines.begin());  // its name
    std::erase(lines, "");
    parameters[parameter.name] = join(lines, ", ");
  }
  json["space"] = parameters;
  return json;
}

std::string readable(const Json& json) {
  std::vector<std::string> words;
  if (json.is_string()) {
    words.push_back(json.get<std::string>());
  } else if (json.is_structured()) {
    for (const auto& [name, value] : json.items()) {
      words.push_back((json.is_object() ? name + " " : "") + readable(value));
    }
  } else if (!json.is_null()) {
    words.push_back(json.dump());
  }
  const std::string text = join(words, ", ");
  return text.empty() ? "none" : text;
}

Json value_at(const Json& object, const std::string& key) {
  const auto found = object.find(key);
  return found == object.end() ? Json() : *found;
}

// "NAME: BEFORE in the study, NOW now", of the first thing inside that differs.
std::string first_difference(const std::string& name, const Json& before, const Json& now) {
  if (before.is_object() && now.is_object()) {
    Json all = before;
    all.update(now);
    for (const auto& [key, ignored] : all.items()) {
      const Json old_value = value_at(before, key);
      const Json new_value = value_at(now, key);
      if (old_value == new_value) continue;
      return first_difference(name.empty() ? key : fmt::format("{}.{}", name, key), old_value,
                              new_value);
    }
  }
  return fmt::format("{}: {} in the study, {} now", name, readable(before), readable(now));
}

std::string difference_in(const std::string& field, const Settings& kept, const Settings& wanted) {
  if (field == "command") {
    return first_difference("", command_keys(kept, wanted), command_keys(wanted, kept));
  }
  if (field == "search") return first_difference("", search_keys(kept), search_keys(wanted));
  return first_difference(field, Json::parse(to_json(kept)).at(field),
                          Json::parse(to_json(wanted)).at(field));
}

}  // namespace

Settings as_begun(const Settings& kept, Settings wanted) {
  if (kept.command.has_value() && wanted.command.has_value()) {
    wanted.command = as_begun(*kept.command, std::move(*wanted.command));
  }
  for (space::Parameter& parameter : wanted.search.space) {
    for (const space::Parameter& begun : kept.search.space) {
      if (begun.name != parameter.name) continue;
      space::Parameter same = parameter;
      space::set_digits(same.distribution, space::digits_of(begun.distribution));
      if (same.distribution == begun.distribution) parameter = same;
    }
  }
  return wanted;
}

std::string difference(const Settings& kept, const Settings& asked) {
  if (kept.command.has_value() != asked.command.has_value()) {
    return fmt::format("command: {} in the study, {} now",
                       kept.command.has_value() ? kept.command->command : "none",
                       asked.command.has_value() ? asked.command->command : "none");
  }
  const Settings wanted = as_begun(kept, asked);
  const Json before = Json::parse(to_json(kept));
  const Json now = Json::parse(to_json(wanted));
  for (const auto& [name, value] : before.items()) {
    if (now.at(name) != value && (kept.kind == Kind::tune || !may_grow(name, kept, wanted))) {
      return difference_in(name, kept, wanted);
    }
  }
  return "";
}

Settings extended(const Settings& kept, const Settings& asked) {
  const Settings wanted = as_begun(kept, asked);
  Settings result = wanted;
  result.optimizers = united(kept.optimizers, wanted.optimizers);
  result.learning_rates = united(kept.learning_rates, wanted.learning_rates);
  std::sort(result.learning_rates.begin(), result.learning_rates.end());
  // In the order in which they came: of two that round to one network the first was trained.
  result.scales = united(kept.scales, wanted.scales);
  result.configs = united(kept.configs, wanted.configs);
  if (kept.command.has_value()) {
    result.command = with_grid_of(*kept.command, *wanted.command);
  }
  return result;
}

}  // namespace sweetspot::study
