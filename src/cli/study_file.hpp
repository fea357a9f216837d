// A study file (TOML): the long names of the flags with _ for -, and tables for what has no flag.
// The whole form is documented in docs/study-file.md. Thread-safety: pure function.
#pragma once

#include <string>
#include <string_view>

#include "cli/study_request.hpp"

namespace sweetspot::cli {

// Sets in `request` what `text` says. Throws Error (usage) that names the file, the line and the
// key, and the nearest known key for an unknown one.
void apply_study_text(const std::string& name, std::string_view text, StudyRequest& request);

// The same from a file.
void apply_study_file(const std::string& file, StudyRequest& request);

// What kind of study a file asks for, by keys that only one has: a search's, a size study's; else a
// sweep. Throws Error (usage) for a text that is no TOML.
study::Kind kind_asked_for_in(const std::string& name, std::string_view text);

}  // namespace sweetspot::cli
