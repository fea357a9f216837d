// The command of a user's own program, with placeholders for the values of a trial:
//   python3 train.py --lr {learning_rate} --out runs/{trial}
// It is split into arguments as a shell would (blanks; '...', "..." and \ keep them), but no shell
// sees it, unless that is asked for. `{{name}}` stands for the text {name}; braces around anything
// but a name are text, too, as, for a shell, ${name} is.
// Thread-safety: immutable after construction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "programs/shell_script.hpp"
#include "sweetspot/config.hpp"

namespace sweetspot::programs {

class ArgumentTemplate {
 public:
  // Throws Error (usage): an empty command, a quote that is not closed. With `shell` the whole text
  // is given to /bin/sh, with the values beside it (shell_script.hpp).
  ArgumentTemplate(std::string_view text, bool shell);

  // The names between braces, each once, in the order in which they stand.
  const std::vector<std::string>& placeholders() const { return placeholders_; }
  // The names that stand as ${name} in what a shell runs.
  const std::vector<std::string>& shell_variables() const { return shell_variables_; }

  // The arguments of a trial, the first the program. Every placeholder must have a value.
  std::vector<std::string> filled(const space::Config& values) const;

 private:
  using Argument = std::vector<TemplatePiece>;

  Argument parsed(std::string_view text);

  bool shell_;
  std::string script_;  // of a shell, whose arguments are the placeholders' values
  std::vector<Argument> arguments_;
  std::vector<std::string> placeholders_;
  std::vector<std::string> shell_variables_;
};

// Whether a placeholder can have this name.
bool is_placeholder_name(std::string_view name);

// What every trial has a placeholder for, beside its parameters: trial, seed, steps, checkpoint.
std::vector<std::string> trial_placeholders();

// Throws Error (usage): a placeholder that is neither of these nor a parameter (the nearest known
// is named), a parameter that no placeholder takes, that has the name of one of these, or one that
// no placeholder can have.
void require_placeholders(const ArgumentTemplate& arguments,
                          const std::vector<std::string>& parameters);

// Arguments as they would be typed: those with blanks or the like in quotes.
std::string typed(const std::vector<std::string>& arguments);

}  // namespace sweetspot::programs
