// The parts of a study file, summarized. Thread-safety: free function.
#pragma once

#include <string>
#include <vector>

#include "report/summary.hpp"

namespace sweetspot::report {

// At least one. Throws Error (study) where the file holds none.
std::vector<Summary> all_parts(const std::string& file);

}  // namespace sweetspot::report
