#include "programs/argument_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::programs {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::usage, "command: " + what);
}

// A line's end may have a carriage return, which a shell would take for text.
bool is_blank(std::string_view text, size_t at) {
  const char c = text[at];
  const bool is_end = at + 1 == text.size() || text[at + 1] == '\n';
  return c == ' ' || c == '\t' || c == '\n' || (c == '\r' && is_end);
}

// Words as a POSIX shell splits them, without expansions; a line's end is a blank.
std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool has_next = i + 1 < text.size();
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && has_next) {
      const char next = text[++i];
      if (next == '\n') continue;  // the line goes on
      if (!word.has_value()) word.emplace();
      const bool is_escape =
          quote == 0 || std::string_view("$`\"\\").find(next) != std::string_view::npos;
      if (!is_escape) *word += c;
      *word += next;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
      if (!word.has_value()) word.emplace();
    } else if (quote == 0 && is_blank(text, i)) {
      if (word.has_value()) words.push_back(std::move(*word));
      word.reset();
    } else {
      if (!word.has_value()) word.emplace();
      *word += c;
    }
  }
  if (quote != 0) refuse(fmt::format("the quote {} is not closed", quote));
  if (word.has_value()) words.push_back(std::move(*word));
  return words;
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
}

// The end of a name that begins at `at`; `at` where none does.
size_t name_end(std::string_view text, size_t at) {
  if (at >= text.size() ||
      (std::isalpha(static_cast<unsigned char>(text[at])) == 0 && text[at] != '_'))
    return at;
  while (at < text.size() && is_name_character(text[at])) ++at;
  return at;
}

std::string quoted_for_shell(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

ArgumentTemplate::ArgumentTemplate(std::string_view text, bool shell) : shell_(shell) {
  if (text.find('\0') != std::string_view::npos) refuse("has a NUL character");
  if (shell) {
    ShellScript script = shell_script(parsed(text));
    script_ = std::move(script.text);
    placeholders_ = std::move(script.values);
  } else {
    for (const std::string& word : split_words(text)) arguments_.push_back(parsed(word));
  }
  const bool has_no_word = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (has_no_word || (!shell && arguments_.empty()))
    refuse("is empty; write as 'python3 train.py --lr {learning_rate}'");
}

ArgumentTemplate::Argument ArgumentTemplate::parsed(std::string_view text) {
  Argument argument;
  std::string plain;
  for (size_t i = 0; i < text.size();) {
    const bool is_escaped = text.substr(i, 2) == "{{";
    const size_t open = i + (is_escaped ? 2 : 1);
    const size_t end = text[i] == '{' ? name_end(text, open) : open;
    const std::string_view close = is_escaped ? "}}" : "}";
    if (text[i] != '{' || end == open || text.substr(end, close.size()) != close) {
      plain += text[i++];
      continue;
    }
    const std::string name(text.substr(open, end - open));
    i = end + close.size();
    const bool is_variable = shell_ && !is_escaped && plain.ends_with('$');
    if (is_variable) shell_variables_.push_back(name);
    if (is_escaped || is_variable) {
      plain += '{' + name + '}';
      continue;
    }
    if (!plain.empty()) argument.push_back({std::exchange(plain, {}), false});
    argument.push_back({name, true});
    if (std::find(placeholders_.begin(), placeholders_.end(), name) == placeholders_.end()) {
      placeholders_.push_back(name);
    }
  }
  if (!plain.empty() || argument.empty()) argument.push_back({plain, false});
  return argument;
}

std::vector<std::string> ArgumentTemplate::filled(const space::Config& values) const {
  // A parameter that takes no part under a condition is given as nothing.
  const auto text_of_named = [&](const std::string& name) {
    const auto value = values.find(name);
    return value == values.end() ? "" : space::text_of(value->second);
  };
  std::vector<std::string> arguments;
  if (shell_) {
    arguments = {"/bin/sh", "-c", script_};
    if (!placeholders_.empty()) arguments.emplace_back("/bin/sh");  // what $0 is without values
    for (const std::string& name : placeholders_) arguments.push_back(text_of_named(name));
    return arguments;
  }
  for (const Argument& argument : arguments_) {
    std::string text;
    for (const TemplatePiece& piece : argument) {
      text += piece.is_placeholder ? text_of_named(piece.text) : piece.text;
    }
    arguments.push_back(std::move(text));
  }
  return arguments;
}

bool is_placeholder_name(std::string_view name) {
  return !name.empty() && name_end(name, 0) == name.size();
}

std::vector<std::string> trial_placeholders() {
  return {"trial", "seed", "steps", "checkpoint"};
}

void require_placeholders(const ArgumentTemplate& arguments,
                          const std::vector<std::string>& parameters) {
  // First: what a command has instead of such a name is no misspelling of it.
  for (const std::string& parameter : parameters) {
    if (!is_placeholder_name(parameter)) {
      refuse(
          fmt::format("a parameter of a program cannot be called '{}': the name of a placeholder "
                      "begins with a letter or _, and goes on with letters, digits, _ . and -",
                      parameter));
    }
  }
  const std::vector<std::string> of_trial = trial_placeholders();
  std::vector<std::string> known = parameters;
  known.insert(known.end(), of_trial.begin(), of_trial.end());
  for (const std::string& name : arguments.placeholders()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      refuse(unknown_name("placeholder", name, known));
    }
  }
  for (const std::string& name : arguments.shell_variables()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) continue;
    refuse(fmt::format("${{{0}}} is the shell's variable of that name; write {{{0}}} for the value",
                       name));
  }
  for (const std::string& parameter : parameters) {
    if (std::find(of_trial.begin(), of_trial.end(), parameter) != of_trial.end()) {
      refuse(
          fmt::format("a parameter cannot be called {}: it stands for the trial's own", parameter));
    }
    const auto& all = arguments.placeholders();
    if (std::find(all.begin(), all.end(), parameter) == all.end()) {
      refuse(
          fmt::format("no placeholder takes the parameter {0}; write {{{0}}} where its value "
                      "belongs, or leave it out of the space",
                      parameter));
    }
  }
}

std::string typed(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  constexpr std::string_view kPlain = "%+,-./:=@_";
  for (const std::string& argument : arguments) {
    const bool is_plain =
        !argument.empty() && std::all_of(argument.begin(), argument.end(), [&](unsigned char c) {
          return std::isalnum(c) != 0 ||
                 kPlain.find(static_cast<char>(c)) != std::string_view::npos;
        });
    words.push_back(is_plain ? argument : quoted_for_shell(argument));
  }
  return join(words, " ");
}

}  // namespace sweetspot::programs
