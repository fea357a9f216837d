// Small helpers for text that people read: nearest names for typing errors, numbers as they are
// best read. Thread-safety: pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sweetspot {

// The candidate with the smallest edit distance to `word`, an abbreviation being near, or "" if
// `candidates` is empty.
std::string nearest_name(std::string_view word, std::span<const std::string> candidates);

// "unknown WHAT 'word'; the nearest known is 'x'; known: a, b, c".
std::string unknown_name(std::string_view what, std::string_view word,
                         std::span<const std::string> candidates);

std::string join(std::span<const std::string> words, std::string_view separator);
std::vector<std::string> split(std::string_view text, char separator);

// The whole of `text` as a finite number; nothing if it is not one.
std::optional<double> parse_number(std::string_view text);

// Rows of equally many cells as lines, each column as wide as its widest cell, two spaces apart;
// cells are printable().
std::string aligned_columns(std::span<const std::vector<std::string>> rows);

// The shortest decimal text that reads back as `value`; exponents as 1e-06 is never written: 1e-6.
std::string shortest(double value);

// As a string of TOML, quotes, backslashes and control characters escaped.
std::string toml_string(std::string_view text);
// As a key of TOML: the same, unless it needs no quotes.
std::string toml_key(std::string_view text);

// As one word of a POSIX shell, whatever is in it; in quotes where it needs them.
std::string shell_word(std::string_view text);

// 1234567 -> "1,234,567".
std::string with_thousands(long long value);

// "1 training", "1,234 trainings".
std::string counted(long long count, std::string_view what);

// Seconds as "4.2 s", "3 min 05 s", "2 h 07 min".
std::string duration_text(double seconds);

// Bytes as "512 B", "4.1 MB", "2.3 GB" (powers of ten).
std::string bytes_text(double bytes);

// Whether all of it is UTF-8.
bool is_utf8(std::string_view text);

// A line of a foreign program, fit to be shown and kept as JSON: control characters, line ends
// among them, and bytes that are no UTF-8, become question marks; tabs stay.
std::string printable(std::string_view line);
// The same of several lines.
std::string terminal_text(std::string_view text);
// JSON with such characters escaped: it means the same.
std::string terminal_json(std::string_view json);

}  // namespace sweetspot
