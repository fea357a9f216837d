// A study of the caller's own trials, in words and as a table. Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sweetspot/study.hpp"

namespace sweetspot {

// As Study::best(), answer() and write_csv().
std::optional<TrialResult> best_of(const StudyOptions& options,
                                   const std::vector<TrialResult>& trials);
std::string answer_text(const StudyOptions& options, const std::vector<TrialResult>& trials);
std::string trials_csv(const space::Space& space, const std::vector<TrialResult>& trials);

}  // namespace sweetspot
