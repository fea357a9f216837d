#include "programs/shell_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>

#include "sweetspot/error.hpp"

namespace sweetspot::programs {
namespace {

// name[, where what is computed stands.
bool is_in_index(const std::string& word) {
  const size_t open = word.find('[');
  if (open == 0 || open == std::string::npos || word.find(']') != std::string::npos) return false;
  return std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(open),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

}  // namespace

ShellText::ShellText(const std::vector<TemplatePiece>& pieces, std::string prefix)
    : in_(symbols_of(pieces)), prefix_(std::move(prefix)) {}

std::vector<ShellText::Symbol> ShellText::symbols_of(const std::vector<TemplatePiece>& pieces) {
  std::vector<Symbol> symbols;
  for (const TemplatePiece& piece : pieces) {
    if (piece.is_placeholder) {
      symbols.push_back({0, &piece.text});
    } else {
      for (const char c : piece.text) symbols.push_back({c, nullptr});
    }
  }
  return symbols;
}

void ShellText::refuse(const std::string& what) {
  throw Error(ErrorKind::usage, "command: " + what);
}

void ShellText::refuse_here(const std::string& where) const {
  refuse(fmt::format("{{{0}}} stands {1}; begin the command with v={{{0}}}; and write \"$v\" there",
                     *in_[at_].placeholder, where));
}

void ShellText::require_read_once() const {
  const std::string& again = again_.empty() ? around_ : again_;
  const bool is_index = is_in_index(word_);
  if (again.empty() && !is_index) return;
  refuse(
      fmt::format("{{{0}}} stands {1}, which reads its arguments again and would run what is "
                  "in a value; give it to a script of its own there, as sh script.sh {{{0}}}",
                  *in_[at_].placeholder, is_index ? "in an array's index" : "behind " + again));
}

void ShellText::put(std::string_view before, std::string_view after) {
  if (doubt_ != nullptr) refuse_here(doubt_);
  require_read_once();
  word_ += '?';
  const std::string& name = *in_[at_++].placeholder;
  auto found = std::find(values_.begin(), values_.end(), name);
  if (found == values_.end()) found = values_.insert(values_.end(), name);
  out_ += fmt::format("{}${{{}{}}}{}", before, prefix_, found - values_.begin() + 1, after);
}

}  // namespace sweetspot::programs
