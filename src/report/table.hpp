// A study as a table for the terminal. Thread-safety: pure function.
#pragma once

#include <string>

#include "report/summary.hpp"

namespace sweetspot::report {

std::string table(const Summary& summary);

// What the study took, in one line.
std::string cost_line(const Summary& summary);

}  // namespace sweetspot::report
