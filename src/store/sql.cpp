#include "store/sql.hpp"

namespace sweetspot::store {

int64_t whole(const SqlValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return static_cast<int64_t>(*number);
  return is_null(value) ? 0 : std::get<int64_t>(value);
}

double number(const SqlValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
  return is_null(value) ? 0 : std::get<double>(value);
}

std::string text(const SqlValue& value) {
  return is_null(value) ? "" : std::get<std::string>(value);
}

Bytes bytes(const SqlValue& value) {
  return is_null(value) ? Bytes{} : std::get<Bytes>(value);
}

}  // namespace sweetspot::store
