#include "store/sql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

constexpr double kBeyondWhole = 9223372036854775808.0;  // 2^63

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::study, "the study is damaged: " + what);
}

// SQLite keeps any type in any column.
template <class Type>
const Type& held(const SqlValue& value) {
  if (const Type* found = std::get_if<Type>(&value)) return *found;
  fail("a value is of another type than its column");
}

}  // namespace

int64_t whole(const SqlValue& value) {
  if (const auto* number = std::get_if<double>(&value)) {
    const bool is_whole =
        *number >= -kBeyondWhole && *number < kBeyondWhole && *number == std::floor(*number);
    if (!is_whole) fail(fmt::format("{} is no whole number", *number));
    return static_cast<int64_t>(*number);
  }
  return is_null(value) ? 0 : held<int64_t>(value);
}

double number(const SqlValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
  if (is_null(value)) return 0;
  const double number = held<double>(value);
  if (!std::isfinite(number)) fail("a number is not finite");
  return number;
}

std::string text(const SqlValue& value) {
  if (is_null(value)) return "";
  const auto& text = held<std::string>(value);
  if (!is_utf8(text)) fail(fmt::format("the text '{}' is no UTF-8", printable(text).substr(0, 40)));
  return text;
}

std::string without_nul(std::string text) {
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

Bytes bytes(const SqlValue& value) {
  return is_null(value) ? Bytes{} : held<Bytes>(value);
}

std::string foreign_text(const SqlValue& value) {
  const auto* bytes = std::get_if<std::string>(&value);
  return bytes != nullptr && !is_utf8(*bytes) ? printable(*bytes) : text(value);
}

int64_t whole_in(const SqlValue& value, const char* name, int64_t low, int64_t high) {
  if (is_null(value)) fail(fmt::format("{} is missing", name));
  const int64_t number = whole(value);
  if (number < low || number > high) {
    fail(fmt::format("{} is {}; it must be from {} to {}", name, number, low, high));
  }
  return number;
}

}  // namespace sweetspot::store
