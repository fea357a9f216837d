#include "base/json_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot {
namespace {

constexpr int kMostLevels = 64;
constexpr size_t kLongestShown = 40;
constexpr double kBeyondWhole = 18446744073709551616.0;  // 2^64

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::study, what);
}

double checked_number(const Json& value, std::string_view name, double low, double high) {
  const double number = number_of(value, name);
  if (number >= low && number <= high) return number;
  fail(fmt::format("{} is {}; it must be from {} to {}", name, shortest(number), shortest(low),
                   shortest(high)));
}

void require_utf8(const std::string& name, const std::string& text) {
  if (is_utf8(text)) return;
  throw Error(ErrorKind::usage,
              fmt::format("{}: '{}' is not UTF-8", printable(name), printable(text)));
}

void require_utf8(const std::string& name, const Json& json) {
  if (json.is_string()) return require_utf8(name, json.get_ref<const std::string&>());
  if (!json.is_structured()) return;
  for (const auto& [key, value] : json.items()) {
    const std::string inside = name + (name.empty() || !json.is_object() ? "" : ".");
    require_utf8(name.empty() ? "setting" : name, key);
    require_utf8(json.is_object() ? inside + key : name, value);
  }
}

}  // namespace

std::string json_text(const Json& json) {
  require_utf8("", json);
  return json.dump();
}

bool is_shallow_json(std::string_view text) {
  int levels = 0;
  bool is_in_text = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_text) {
      if (c == '\\') ++i;
      is_in_text = c != '"';
    } else if (c == '"') {
      is_in_text = true;
    } else if (c == '[' || c == '{') {
      if (++levels > kMostLevels) return false;
    } else if (c == ']' || c == '}') {
      --levels;
    }
  }
  return true;
}

Json parse_json(std::string_view text) {
  if (!is_shallow_json(text)) fail(fmt::format("JSON of more than {} levels", kMostLevels));
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    fail(reason_of(error));
  }
}

std::string reason_of(const nlohmann::json::exception& error) {
  const std::string_view what = error.what();
  const size_t end = what.find("] ");
  // Of what stands there it shows a part, as it is.
  return printable(end == std::string_view::npos ? what : what.substr(end + 2));
}

double number_of(const Json& value, std::string_view name) {
  if (!value.is_number()) fail(fmt::format("{} is no number", printable(name)));
  const auto number = value.get<double>();
  if (!std::isfinite(number)) fail(fmt::format("{} is not finite", printable(name)));
  return number;
}

JsonFields::JsonFields(const Json& json) : json_(json) {
  if (!json.is_object()) fail("an object of JSON is expected");
}

const Json* JsonFields::find(const char* key) const {
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

const Json& JsonFields::at(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr) fail(fmt::format("{} is missing", key));
  return *value;
}

bool JsonFields::flag(const char* key) const {
  const Json& value = at(key);
  if (!value.is_boolean()) fail(fmt::format("{} is neither true nor false", key));
  return value.get<bool>();
}

std::string JsonFields::text(const char* key) const {
  const Json& value = at(key);
  if (!value.is_string()) fail(fmt::format("{} is no text", key));
  return value.get<std::string>();
}

std::vector<std::string> JsonFields::texts(const char* key) const {
  const Json& list = at(key);
  if (!list.is_array()) fail(fmt::format("{} is no list", key));
  std::vector<std::string> texts;
  for (const Json& value : list) {
    if (!value.is_string()) fail(fmt::format("{} has a value that is no text", key));
    texts.push_back(value.get<std::string>());
  }
  return texts;
}

double JsonFields::number(const char* key, double low, double high) const {
  return checked_number(at(key), key, low, high);
}

std::vector<double> JsonFields::numbers(const char* key, double low, double high) const {
  const Json& list = at(key);
  if (!list.is_array()) fail(fmt::format("{} is no list", key));
  std::vector<double> numbers;
  for (const Json& value : list) numbers.push_back(checked_number(value, key, low, high));
  return numbers;
}

uint64_t JsonFields::whole_at(const char* key, uint64_t low, uint64_t high) const {
  const Json& value = at(key);
  bool is_whole = false;
  uint64_t whole = 0;
  if (value.is_number_unsigned()) {
    is_whole = true;
    whole = value.get<uint64_t>();
  } else if (value.is_number_float()) {
    const auto number = value.get<double>();
    is_whole = number >= 0 && number < kBeyondWhole && number == std::floor(number);
    if (is_whole) whole = static_cast<uint64_t>(number);
  }
  if (!is_whole || whole < low || whole > high) {
    fail(fmt::format("{} is {}; it must be a whole number from {} to {}", key,
                     printable(value.dump()).substr(0, kLongestShown), low, high));
  }
  return whole;
}

}  // namespace sweetspot
