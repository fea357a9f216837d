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

}  // namespace sweetspot::study
