// The text of a command that a shell runs, with placeholders. No value becomes part of the text:
// the shell gets the values beside it, in variables, so that none can end a quote or begin a
// command. What stands for a value depends on the quotes around it: "$v", or $v inside "...", or
// '"$v"' inside '...'. Where what is around it cannot be told for certain, or reads its text again
// (backquotes, arithmetic, eval), a placeholder is refused. Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

namespace sweetspot::programs {

// A part of a template: text as it stands, or the name of a placeholder.
struct TemplatePiece {
  std::string text;
  bool is_placeholder = false;
};

struct ShellScript {
  std::string text;                 // for sh -c
  std::vector<std::string> values;  // the placeholders whose values follow $0, in this order
};

// What stands in comments is text. Throws Error (usage) that says where a placeholder may not
// stand, and for a quote that is not closed.
ShellScript shell_script(const std::vector<TemplatePiece>& pieces);

}  // namespace sweetspot::programs
