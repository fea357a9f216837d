// A study's report: index.html, which asks nothing of any network, each figure as SVG and PNG, and
// the data as CSV. Thread-safety: safe for different folders.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/summary.hpp"

namespace sweetspot::report {

// Creates the folder; each file appears whole or not at all. Returns the files' names. Throws Error
// (system) where the folder cannot be written.
std::vector<std::string> write_report(const Summary& summary, const std::filesystem::path& folder);

}  // namespace sweetspot::report
