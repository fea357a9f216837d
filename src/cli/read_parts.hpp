// What the commands begin with that show a whole study. Thread-safety: free functions.
#pragma once

#include <vector>

#include "cli/study_address.hpp"
#include "report/summary/summary.hpp"

namespace sweetspot::cli {

// All parts; a line on standard error names the trials that are left out.
std::vector<report::Summary> read_parts(const AddressFlags& flags);

}  // namespace sweetspot::cli
