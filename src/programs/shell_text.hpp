// The text of a shell's command, with placeholders: where a reader of it stands, what it has
// written, and what it refuses. Thread-safety: one thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "programs/shell_script.hpp"

namespace sweetspot::programs {

class ShellText {
 public:
  // `prefix`: of the variables that stand for placeholders.
  ShellText(const std::vector<TemplatePiece>& pieces, std::string prefix);

 protected:
  // A character of the text, or a placeholder's name.
  struct Symbol {
    char character = 0;
    const std::string* placeholder = nullptr;
  };

  bool has_more() const { return at_ < in_.size(); }
  char peek(size_t ahead = 0) const {
    return at_ + ahead < in_.size() ? in_[at_ + ahead].character : '\0';
  }
  bool is_placeholder() const { return has_more() && in_[at_].placeholder != nullptr; }
  void copy() { out_ += in_[at_++].character; }

  // Throws Error (usage) for what is not the placeholder's fault.
  [[noreturn]] static void refuse(const std::string& what);
  [[noreturn]] void refuse_here(const std::string& where) const;
  void require_no_placeholder(const char* where) const {
    if (is_placeholder()) refuse_here(where);
  }
  // What the rest of the text means is not certain for every shell.
  void doubt(const char* why) {
    if (doubt_ == nullptr) doubt_ = why;
  }
  // Where a value would be run or computed, a variable with it would be, too.
  void require_read_once() const;
  // The placeholder's variable, between these.
  void put(std::string_view before, std::string_view after);

  const std::vector<Symbol> in_;
  const std::string prefix_;
  size_t at_ = 0;
  std::string out_;
  std::vector<std::string> values_;
  std::string word_;    // without its quotes
  std::string again_;   // the word of this command that reads its arguments again
  std::string around_;  // the same of a command that this one's output is an argument of
  const char* doubt_ = nullptr;

 private:
  static std::vector<Symbol> symbols_of(const std::vector<TemplatePiece>& pieces);
};

}  // namespace sweetspot::programs
