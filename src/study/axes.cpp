#include "study/axes.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <vector>

namespace sweetspot::study {
namespace {

// Of the parameters of that kind the one of a usual name, or the first.
template <class IsKind>
std::string usual_of(const std::vector<std::string>& names,
                     std::initializer_list<const char*> usual, IsKind is_kind) {
  for (const char* name : usual) {
    if (std::find(names.begin(), names.end(), name) != names.end() && is_kind(name)) return name;
  }
  const auto first = std::find_if(names.begin(), names.end(), is_kind);
  return first == names.end() ? "" : *first;
}

}  // namespace

Axes axes_of(const Settings& settings) {
  if (!settings.command.has_value()) return {.group = "optimizer", .number = "learning_rate"};
  std::vector<std::string> names;
  std::map<std::string, bool> is_choice;
  std::map<std::string, bool> is_log;
  for (const space::Parameter& parameter : settings.search.space) {
    names.push_back(parameter.name);
    is_choice[parameter.name] = space::is_categorical(parameter);
    const auto* integer = std::get_if<space::Integer>(&parameter.distribution);
    is_log[parameter.name] = std::holds_alternative<space::LogUniform>(parameter.distribution) ||
                             (integer != nullptr && integer->log);
  }
  for (const space::GridParameter& parameter : settings.command->grid) {
    names.push_back(parameter.name);
    const auto is_word = [](const space::Value& v) {
      return std::holds_alternative<std::string>(v);
    };
    is_choice[parameter.name] =
        std::any_of(parameter.values.begin(), parameter.values.end(), is_word);
    is_log[parameter.name] =
        !is_choice[parameter.name] &&
        std::all_of(parameter.values.begin(), parameter.values.end(),
                    [](const space::Value& v) { return std::get<double>(v) > 0; });
  }
  Axes axes;
  axes.group = usual_of(names, {"optimizer"}, [&](const std::string& n) { return is_choice[n]; });
  axes.number =
      usual_of(names, {"learning_rate", "lr"}, [&](const std::string& n) { return !is_choice[n]; });
  axes.is_log = axes.number.empty() || is_log[axes.number];
  return axes;
}

std::string group_in(const Axes& axes, const space::Config& config) {
  if (axes.group.empty()) return "all";
  const auto found = config.find(axes.group);
  return found == config.end() ? "none" : space::text_of(found->second);
}

double number_in(const Axes& axes, const space::Config& config) {
  const auto found = config.find(axes.number);
  if (found == config.end() || !std::holds_alternative<double>(found->second)) return 0;
  return std::get<double>(found->second);
}

std::vector<std::string> groups_of(const Settings& settings) {
  if (!settings.command.has_value()) return settings.optimizers;
  const std::string group = axes_of(settings).group;
  for (const space::Parameter& parameter : settings.search.space) {
    const auto* choices = std::get_if<space::Categorical>(&parameter.distribution);
    if (parameter.name == group && choices != nullptr) return choices->values;
  }
  std::vector<std::string> groups;
  for (const space::GridParameter& parameter : settings.command->grid) {
    if (parameter.name != group) continue;
    for (const space::Value& value : parameter.values) groups.push_back(space::text_of(value));
  }
  return groups;
}

bool has_more_parameters(const Settings& settings) {
  if (!settings.command.has_value()) return !settings.number_grid.empty();
  const Axes axes = axes_of(settings);
  const auto& grid = settings.command->grid;
  return std::any_of(grid.begin(), grid.end(), [&](const space::GridParameter& parameter) {
    return parameter.name != axes.group && parameter.name != axes.number;
  });
}

}  // namespace sweetspot::study
