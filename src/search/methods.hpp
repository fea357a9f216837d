// The searches by name. Thread-safety: pure functions.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "search/rounds.hpp"
#include "search/search.hpp"

namespace sweetspot::search {

// What make_search knows, `auto` first.
std::vector<std::string> method_names();

// A line that says what a method does.
std::string about_method(std::string_view name);

// Throws Error (usage) for an unknown name (the nearest known is named).
std::unique_ptr<Search> make_search(std::string_view name, const space::Space& space,
                                    const RoundOptions& options);

}  // namespace sweetspot::search
