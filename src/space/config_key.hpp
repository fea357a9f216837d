// What tells configs apart that read the same: a=1 with b=2, and a="1,b=2".
// Thread-safety: pure function.
#pragma once

#include <string>

#include "sweetspot/config.hpp"

namespace sweetspot::space {

// Of different configs always different. Ordered as text_of().
std::string key_of(const Config& config);

}  // namespace sweetspot::space
