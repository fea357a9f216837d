/// \file
/// What a study file of the program says: its answer, and its report as page, figures and tables.
/// The file may be one that trains, or a Study's own. Thread-safety: free functions, for different
/// folders at once. All errors are sweetspot::Error.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sweetspot/export.hpp"

namespace sweetspot {

/// The answer of each part of the study (sweep, size, trace, tune), in a sentence or two. Throws
/// Error (study) for a file that is missing, foreign, damaged, empty or a Study's own.
SWEETSPOT_API std::vector<std::string> study_answers(const std::filesystem::path& file);

/// Everything that a part holds, curves included, as JSON (docs/json.md). Throws Error: usage for a
/// part that the study has not, study as study_answers().
SWEETSPOT_API std::string study_json(const std::filesystem::path& file, const std::string& part);

/// Writes index.html, which asks nothing of any network, each figure as SVG and PNG, and the data
/// as CSV; creates the folder. Returns the files' names. Throws Error: study as study_answers(),
/// system where the folder cannot be written.
SWEETSPOT_API std::vector<std::string> write_report(const std::filesystem::path& file,
                                                    const std::filesystem::path& folder);

}  // namespace sweetspot
