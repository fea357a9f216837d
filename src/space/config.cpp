#include "sweetspot/config.hpp"

#include <vector>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::space {

std::string text_of(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return shortest(*number);
  return std::get<std::string>(value);
}

std::string text_of(const Config& config) {
  std::string text;
  for (const auto& [name, value] : config) {
    if (!text.empty()) text += ',';
    text += name + '=' + text_of(value);
  }
  return text;
}

namespace {

template <class T>
const T& held_in(const Config& config, const std::string& parameter, const char* what) {
  const auto found = config.find(parameter);
  const T* value = found == config.end() ? nullptr : std::get_if<T>(&found->second);
  if (value == nullptr) {
    std::vector<std::string> names;
    for (const auto& [name, of_name] : config) names.push_back(name);
    throw Error(ErrorKind::usage, std::string("the config has no ") + what + " '" + parameter +
                                      "'; it has " + join(names, ", "));
  }
  return *value;
}

}  // namespace

double number_in(const Config& config, const std::string& parameter) {
  return held_in<double>(config, parameter, "number");
}

const std::string& choice_in(const Config& config, const std::string& parameter) {
  return held_in<std::string>(config, parameter, "choice");
}

}  // namespace sweetspot::space
