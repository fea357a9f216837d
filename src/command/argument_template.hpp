// The command of a user's own program, with placeholders for the values of a trial:
//   python3 train.py --lr {learning_rate} --out runs/{trial}
// It is split into arguments as a shell would (blanks; '...', "..." and \ keep them), but no shell
// sees it, unless that is asked for. `{{name}}` stands for the text {name}; braces around anything
// but a name are text, too.
// Thread-safety: immutable after construction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sweetspot/config.hpp"

namespace sweetspot::command {

class ArgumentTemplate {
 public:
  // Throws Error (usage): an empty command, a quote that is not closed. With `shell` the whole text
  // is given to /bin/sh, where a placeholder stands for its value in quotes.
  ArgumentTemplate(std::string_view text, bool shell);

  // The names between braces, each once, in the order in which they stand.
  const std::vector<std::string>& placeholders() const { return placeholders_; }

  // The arguments of a trial, the first the program. Every placeholder must have a value.
  std::vector<std::string> filled(const space::Config& values) const;

 private:
  struct Piece {
    std::string text;  // or the name of a placeholder
    bool is_placeholder = false;
  };
  using Argument = std::vector<Piece>;

  Argument parsed(std::string_view text);

  bool shell_;
  std::vector<Argument> arguments_;
  std::vector<std::string> placeholders_;
};

// What every trial has a placeholder for, beside its parameters: trial, seed, steps, checkpoint.
std::vector<std::string> trial_placeholders();

// Throws Error (usage): a placeholder that is neither of these nor a parameter (the nearest known
// is named), a parameter that no placeholder takes or that has the name of one of these.
void require_placeholders(const ArgumentTemplate& arguments,
                          const std::vector<std::string>& parameters);

// Arguments as they would be typed: those with blanks or the like in quotes.
std::string typed(const std::vector<std::string>& arguments);

}  // namespace sweetspot::command
