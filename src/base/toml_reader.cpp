#include "base/toml_reader.hpp"

#include <cmath>

#include "base/text.hpp"

namespace sweetspot {

toml::table TomlReader::parse(std::string_view text) const {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Error(ErrorKind::usage,
                fmt::format("{}:{}: {}", name_, error.source().begin.line, error.description()));
  }
}

std::string TomlReader::string_of(const toml::node& node) const {
  if (!node.is_string()) fail(node, path_ + " must be a text in quotes");
  return node.as_string()->get();
}

bool TomlReader::flag_of(const toml::node& node) const {
  if (!node.is_boolean()) fail(node, path_ + " must be true or false");
  return node.as_boolean()->get();
}

double TomlReader::number_of(const toml::node& node) const {
  double value = NAN;
  if (node.is_integer()) value = static_cast<double>(node.as_integer()->get());
  if (node.is_floating_point()) value = node.as_floating_point()->get();
  if (!std::isfinite(value)) fail(node, path_ + " must be a finite number");
  return value;
}

double TomlReader::whole_of(const toml::node& node, double low, double high) const {
  const double value = node.is_integer() || node.is_floating_point() ? number_of(node) : NAN;
  if (!(value == std::floor(value) && value >= low && value <= high)) {
    fail(node, fmt::format("{} must be a whole number from {} to {:.0f}", path_, low, high));
  }
  return value;
}

std::vector<std::string> TomlReader::strings_of(const toml::node& node) const {
  if (node.is_string()) return split(node.as_string()->get(), ',');
  if (!node.is_array()) fail(node, path_ + " must be a list of texts");
  std::vector<std::string> texts;
  for (const toml::node& item : *node.as_array()) texts.push_back(string_of(item));
  return texts;
}

const toml::table& TomlReader::table_of(const toml::node& node) const {
  if (!node.is_table()) fail(node, path_ + " must be a table");
  return *node.as_table();
}

}  // namespace sweetspot
