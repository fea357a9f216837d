// A study's report: index.html, which asks nothing of any network, each figure as SVG and PNG, and
// the data as CSV. Thread-safety: safe for different folders.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/summary/summary.hpp"

namespace sweetspot::report {

// Of the parts that a study has, at least one. Creates the folder; each file appears whole or not
// at all. Returns the files' names. Throws Error (system) where the folder cannot be written. With
// `claims`, they are judged: a table of them opens the page, and claims.json is written.
std::vector<std::string> write_report(const std::vector<Summary>& parts,
                                      const std::filesystem::path& folder, bool claims = false);

}  // namespace sweetspot::report
