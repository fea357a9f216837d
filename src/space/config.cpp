#include "sweetspot/config.hpp"

#include "base/text.hpp"

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

double number_in(const Config& config, const std::string& parameter) {
  return std::get<double>(config.at(parameter));
}

const std::string& choice_in(const Config& config, const std::string& parameter) {
  return std::get<std::string>(config.at(parameter));
}

}  // namespace sweetspot::space
