// The parts of a study file, summarized. Thread-safety: free function.
#pragma once

#include <string>
#include <vector>

#include "report/summary.hpp"

namespace sweetspot::report {

// At least one. Throws Error (study) where the file holds none.
std::vector<Summary> all_parts(const std::string& file);

// The part of that name alone, or all where it is empty. Throws Error (usage) for another name.
std::vector<Summary> chosen_parts(std::vector<Summary> parts, const std::string& name);

}  // namespace sweetspot::report
