// The table of one part of a study, for the terminal and for the page: which columns it has depends
// on whether it is a sweep, sizes or a trace. Thread-safety: pure function.
#pragma once

#include <string>
#include <vector>

#include "report/summary/summary.hpp"

namespace sweetspot::report {

struct PartTable {
  std::vector<std::string> columns;  // the first one's cells are names, the others' numbers
  std::vector<std::vector<std::string>> rows;
};

PartTable part_table(const Summary& summary);

}  // namespace sweetspot::report
