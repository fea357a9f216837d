#include "base/toml_reader.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

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

toml::table TomlReader::parse(std::string_view text) {
  if (const size_t at = too_deep_at(text); at != std::string_view::npos) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n');
    throw Error(ErrorKind::usage,
                fmt::format("{}:{}: a key of more than {} parts", name_, line, kMostKeyParts));
  }
  lines_ = split(text, '\n');
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Error(ErrorKind::usage,
                fmt::format("{}:{}: {}", name_, error.source().begin.line, error.description()));
  }
}

std::string TomlReader::string_of(const toml::node& node) const {
  if (!node.is_string()) fail(node, path_ + " must be a text in quotes");
  const std::string& text = node.as_string()->get();
  if (text.find('\0') != std::string::npos) fail(node, path_ + " has a NUL character");
  return text;
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
  if (node.is_string()) return split(string_of(node), ',');
  if (!node.is_array()) fail(node, path_ + " must be a list of texts");
  std::vector<std::string> texts;
  for (const toml::node& item : *node.as_array()) texts.push_back(string_of(item));
  return texts;
}

uint64_t TomlReader::natural_of(const toml::node& node) const {
  if (!node.is_integer() || node.as_integer()->get() < 0) {
    fail(node, fmt::format("{} must be a whole number from 0 to {}", path_,
                           std::numeric_limits<int64_t>::max()));
  }
  return static_cast<uint64_t>(node.as_integer()->get());
}

namespace {

// What stands in a line from a column on, which counts characters.
std::string_view from_column(std::string_view line, size_t column) {
  for (size_t characters = 1; characters < column && !line.empty(); ++characters) {
    do {
      line.remove_prefix(1);
    } while (!line.empty() && (static_cast<unsigned char>(line.front()) & 0xC0) == 0x80);
  }
  return line;
}

}  // namespace

std::string TomlReader::word_of(const toml::node& node) const {
  if (node.is_boolean()) return node.as_boolean()->get() ? "true" : "false";
  if (!node.is_integer() && !node.is_floating_point()) {
    if (node.is_string()) return string_of(node);
    fail(node, path_ + " must have texts, numbers, true or false");
  }
  const double number = number_of(node);
  const toml::source_position at = node.source().begin;
  std::string word;
  if (at.line >= 1 && at.line <= lines_.size()) {
    const std::string_view line = from_column(lines_[at.line - 1], at.column);
    word = line.substr(0, line.find_first_not_of("+-0123456789.eE_"));
    std::erase(word, '_');
  }
  // Other bases and signs stand for their number.
  if (parse_number(word) == number) return word;
  if (node.is_integer()) return std::to_string(node.as_integer()->get());
  return shortest(number);
}

std::vector<std::string> TomlReader::words_of(const toml::node& node) const {
  if (node.is_string()) return split(string_of(node), ',');
  if (!node.is_array()) fail(node, path_ + " must be a list");
  std::vector<std::string> words;
  for (const toml::node& item : *node.as_array()) words.push_back(word_of(item));
  return words;
}

const toml::table& TomlReader::table_of(const toml::node& node) const {
  if (!node.is_table()) fail(node, path_ + " must be a table");
  return *node.as_table();
}

}  // namespace sweetspot
