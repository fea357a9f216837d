// A study as comma-separated values (RFC 4180), an empty field where there is no value.
// Thread-safety: pure functions.
#pragma once

#include <string>

#include "report/summary/summary.hpp"

namespace sweetspot::report {

// All by RFC 4180, the lines ended by a line feed. Texts stand as they are recorded: one that
// begins with = + - or @ is no formula, and is for whoever reads it into a spreadsheet to take as
// text.

// A row a trial: its parameters, how it ended, what it cost, the last value of each metric.
std::string trials_csv(const Summary& summary);
std::string bands_csv(const Summary& summary);
// Of a part over sizes: a row for each size and rate.
std::string sizes_csv(const Summary& summary);
std::string curves_csv(const Summary& summary);

}  // namespace sweetspot::report
