#include "base/fitted_columns.hpp"

#include <algorithm>

namespace sweetspot {
namespace {

constexpr size_t kBetween = 2;  // blanks between columns
constexpr size_t kLeast = 12;   // no column is made narrower

bool begins_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

// Bytes of the first `count` characters.
size_t bytes_of(std::string_view text, size_t count) {
  size_t at = 0;
  while (at < text.size()) {
    if (begins_character(text[at]) && count-- == 0) return at;
    ++at;
  }
  return at;
}

std::vector<size_t> natural_widths(std::span<const std::vector<std::string>> rows) {
  std::vector<size_t> widths;
  for (const std::vector<std::string>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], characters(row[i]));
  }
  return widths;
}

// Takes from the widest, down to the next widest and so on.
void narrow(std::vector<size_t>& widths, size_t width) {
  size_t all = widths.empty() ? 0 : kBetween * (widths.size() - 1);
  for (const size_t one : widths) all += one;
  while (all > width) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kLeast) return;
    size_t next = kLeast;
    for (auto other = widths.begin(); other != widths.end(); ++other) {
      if (other != widest && *other < *widest) next = std::max(next, *other);
    }
    const size_t less = std::min(all - width, std::max<size_t>(*widest - next, 1));
    *widest -= less;
    all -= less;
  }
}

std::string line_of(const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line.append(kBetween, ' ');
    line += cells[i];
    line.append(widths[i] - std::min(widths[i], characters(cells[i])), ' ');
  }
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, size_t width) {
  std::vector<std::string> pieces;
  while (characters(text) > width) {
    size_t end = bytes_of(text, width);
    // A blank may stand just behind the piece, a comma inside it.
    const size_t blank = text.substr(0, end + 1).find_last_of(' ');
    const size_t comma = text.substr(0, end).find_last_of(',');
    const size_t after_comma = comma == std::string_view::npos ? 0 : comma + 1;
    const size_t at_blank = blank == std::string_view::npos ? 0 : blank;
    if (std::max(after_comma, at_blank) > 0) end = std::max(after_comma, at_blank);
    pieces.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
  if (!text.empty() || pieces.empty()) pieces.emplace_back(text);
  return pieces;
}

std::string fitted_columns(std::span<const std::vector<std::string>> rows, size_t width) {
  std::vector<size_t> widths = natural_widths(rows);
  narrow(widths, width);
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    std::vector<std::vector<std::string>> cells;
    size_t lines = 1;
    for (size_t i = 0; i < row.size(); ++i) {
      cells.push_back(wrapped(row[i], std::max<size_t>(widths[i], 1)));
      lines = std::max(lines, cells.back().size());
    }
    for (size_t line = 0; line < lines; ++line) {
      std::vector<std::string> of_line;
      for (const std::vector<std::string>& pieces : cells) {
        of_line.push_back(line < pieces.size() ? pieces[line] : "");
      }
      text += line_of(of_line, widths);
    }
  }
  return text;
}

}  // namespace sweetspot
