// A line of JSON as a report: an object with at least one metric beside "step". What programs write
// that is not quite JSON is read all the same: NaN and Infinity, numbers beyond a double's range,
// bytes that are no UTF-8, half a surrogate pair, control characters in texts, a byte-order mark.
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "programs/reports/report.hpp"

namespace sweetspot::programs {

struct JsonLine {
  std::optional<Report> report;  // none where no metric is a number or null
  bool is_object = false;        // it could be read, whatever it holds
  size_t wrong_at = 0;           // else the character, counted from 1, that does not belong there
};

// Whether a line means to be an object: '{' and a quotation mark.
bool looks_like_json(std::string_view line);

// Nested values, texts and truth values are passed over.
JsonLine read_json_line(std::string_view line);

std::optional<Report> report_of_json(std::string_view line);

}  // namespace sweetspot::programs
