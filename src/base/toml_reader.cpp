#include "base/toml_reader.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace sweetspot {
namespace {

// Parts of a dotted key. Tables in braces nest 256 deep by the parser's own limit, but each of them
// by a key of any length, and what takes a table apart goes into it level by level.
constexpr size_t kMostKeyParts = 16;
constexpr size_t kLongestQuoted = 256;  // of a part

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// The end of what may be a part of a key at `at`: a word, or a text in quotes; `at` where there is
// none.
size_t end_of_key_part(std::string_view text, size_t at) {
  const char quote = text[at];
  if (quote != '"' && quote != '\'') {
    while (at < text.size() && is_bare(text[at])) ++at;
    return at;
  }
  const size_t limit = std::min(text.size(), at + kLongestQuoted);
  for (size_t i = at + 1; i < limit && text[i] != '\n'; ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (text[i] == quote) {
      return i + 1;
    }
  }
  return at;
}

// The first place behind so many parts with dots between, where there is one. Whether it is a key
// or within a value does not matter: nothing that people write has it.
size_t too_deep_at(std::string_view text) {
  const auto skip_blanks = [&](size_t i) {
    return std::min(text.find_first_not_of(" \t", i), text.size());
  };
  size_t parts = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t end = end_of_key_part(text, i);
    if (end == i) {
      parts = 0;
      ++i;
      continue;
    }
    if (++parts > kMostKeyParts) return i;
    i = skip_blanks(end);
    if (i < text.size() && text[i] == '.') {
      i = skip_blanks(i + 1);
    } else {
      parts = 0;
    }
  }
  return std::string_view::npos;
}

}  // namespace

toml::table TomlReader::parse(std::string_view text) const {
  if (const size_t at = too_deep_at(text); at != std::string_view::npos) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n');
    throw Error(ErrorKind::usage,
                fmt::format("{}:{}: a key of more than {} parts", name_, line, kMostKeyParts));
  }
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
