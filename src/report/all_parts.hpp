// The parts of a study, summarized. Thread-safety: free functions.
#pragma once

#include <string>
#include <vector>

#include "report/summary/summary.hpp"
#include "store/open_store.hpp"

namespace sweetspot::report {

// At least one. Throws Error (study) where there is none, or where one is damaged; trials that are
// may be skipped.
std::vector<Summary> all_parts(const store::Address& study,
                               store::Damaged damaged = store::Damaged::refused);

// The part of that name alone, or all where it is empty. Throws Error (usage) for another name.
std::vector<Summary> chosen_parts(std::vector<Summary> parts, const std::string& name);

}  // namespace sweetspot::report
