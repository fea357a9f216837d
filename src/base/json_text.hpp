// JSON that is kept, and JSON that others wrote: not nested so deep that what walks over it, level
// by level, would leave the stack; and the fields of an object, each checked for its type and
// range. Thread-safety: pure functions and constant objects.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sweetspot {

using Json = nlohmann::ordered_json;

// Whether its brackets are nested no deeper than anything that this program reads.
bool is_shallow_json(std::string_view text);

// The text that is kept of it. Throws Error (usage) that names a text in it which is not UTF-8, as
// JSON and databases have them.
std::string json_text(const Json& json);

// Throws Error (study): no JSON, or nested too deep.
Json parse_json(std::string_view text);

// What an exception of the library says, without its own name and number.
std::string reason_of(const nlohmann::json::exception& error);

// The fields of an object. All functions throw Error (study), which names the field.
class JsonFields {
 public:
  // `json` outlives it.
  explicit JsonFields(const Json& json);

  // None where it is missing or null.
  const Json* find(const char* key) const;
  const Json& at(const char* key) const;

  bool flag(const char* key) const;
  std::string text(const char* key) const;
  std::vector<std::string> texts(const char* key) const;
  double number(const char* key, double low, double high) const;
  std::vector<double> numbers(const char* key, double low, double high) const;
  template <class Whole>
  Whole whole(const char* key, uint64_t low, uint64_t high) const {
    return static_cast<Whole>(whole_at(key, low, high));
  }

 private:
  uint64_t whole_at(const char* key, uint64_t low, uint64_t high) const;

  const Json& json_;
};

// A value by itself: a finite number. Throws Error (study) that calls it `name`.
double number_of(const Json& value, std::string_view name);

}  // namespace sweetspot
