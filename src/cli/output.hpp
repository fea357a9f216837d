// What the program prints, and whether it arrived. What comes from a study, a program, a file or a
// server may hold what a terminal obeys: both ways out take it as plain text. Results go to
// standard output by print(), which throws where it cannot write; what it has buffered is known to
// be written once flush_output() returns. Notes and progress go to standard error by say(), which
// never fails: no training stops for them. Thread-safety: one thread at a time.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace sweetspot::cli {

// Of a program that prints: a reader that goes away (`| head`) or a limit of file sizes is an error
// of what is written then, and no signal that ends a training.
void take_output_errors();

// Why standard output could not be written, `error` being errno, in one line. Where its reader has
// gone the program ends here, by SIGPIPE and without a word, as others do.
std::string output_trouble(int error);

// Throws Error (system): standard output cannot be written.
void flush_output();

// As it is: what moves the cursor is the program's own.
void say_raw(const std::string& text);

template <typename... T>
void print(fmt::format_string<T...> format, T&&... arguments) {
  fmt::print("{}", terminal_text(fmt::format(format, std::forward<T>(arguments)...)));
}

// JSON, whose meaning stays.
inline void print_json(std::string_view json) {
  fmt::print("{}", terminal_json(json));
}

template <typename... T>
void say(fmt::format_string<T...> format, T&&... arguments) {
  say_raw(terminal_text(fmt::format(format, std::forward<T>(arguments)...)));
}

}  // namespace sweetspot::cli
