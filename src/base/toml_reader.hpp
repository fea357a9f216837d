// Reading TOML that people write: each value is checked for its type, and what is wrong is said
// with file, line and key. Thread-safety: one thread at a time.
#pragma once

#include <fmt/format.h>
#include <toml++/toml.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sweetspot/error.hpp"

namespace sweetspot {

class TomlReader {
 public:
  // `name` stands for the file in messages.
  explicit TomlReader(std::string name) : name_(std::move(name)) {}

  // All functions throw Error (usage).
  toml::table parse(std::string_view text);

  // The key at hand, for messages.
  void at_key(std::string path) { path_ = std::move(path); }
  const std::string& key() const { return path_; }

  template <class Where>
  [[noreturn]] void fail(const Where& where, const std::string& what) const {
    throw Error(ErrorKind::usage, fmt::format("{}:{}: {}", name_, where.source().begin.line, what));
  }

  // Errors of checks that know nothing of the file get the line and key.
  template <class Work>
  void guarded(const toml::node& node, Work&& work) const {
    try {
      work();
    } catch (const Error& error) {
      const std::string what = error.what();
      if (what.starts_with(name_ + ":")) throw;
      fail(node, fmt::format("{}: {}", path_, what));
    }
  }

  std::string string_of(const toml::node& node) const;
  bool flag_of(const toml::node& node) const;
  double number_of(const toml::node& node) const;  // finite
  double whole_of(const toml::node& node, double low, double high) const;
  // Exact, also where a double is not.
  uint64_t natural_of(const toml::node& node) const;
  // A list of texts, or one text with commas.
  std::vector<std::string> strings_of(const toml::node& node) const;
  // A text, a number, true or false, as it is written; of a number without _.
  std::string word_of(const toml::node& node) const;
  // A list of those, or one text with commas.
  std::vector<std::string> words_of(const toml::node& node) const;
  const toml::table& table_of(const toml::node& node) const;

 private:
  std::string name_;
  std::string path_;
  std::vector<std::string> lines_;  // of what was parsed
};

}  // namespace sweetspot
