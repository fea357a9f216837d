// A study as a table for the terminal. Thread-safety: pure function.
#pragma once

#include <cstddef>
#include <string>

#include "report/summary/summary.hpp"

namespace sweetspot::report {

// Of an output that is no terminal.
constexpr size_t kPlainWidth = 100;

// Its columns are at most `width` characters wide together: longer cells go on below.
std::string table(const Summary& summary, size_t width = kPlainWidth);

// What the study took, in one line.
std::string cost_line(const Summary& summary);

}  // namespace sweetspot::report
