#include "store/sql.hpp"

#include <algorithm>

#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

// SQLite keeps any type in any column.
template <class Type>
const Type& held(const SqlValue& value) {
  if (const Type* found = std::get_if<Type>(&value)) return *found;
  throw Error(ErrorKind::study, "the study is damaged: a value is of another type than its column");
}

}  // namespace

int64_t whole(const SqlValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return static_cast<int64_t>(*number);
  return is_null(value) ? 0 : held<int64_t>(value);
}

double number(const SqlValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
  return is_null(value) ? 0 : held<double>(value);
}

std::string text(const SqlValue& value) {
  return is_null(value) ? "" : held<std::string>(value);
}

std::string without_nul(std::string text) {
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

Bytes bytes(const SqlValue& value) {
  return is_null(value) ? Bytes{} : held<Bytes>(value);
}

}  // namespace sweetspot::store
