// How many configs a space has. Thread-safety: pure function.
#pragma once

#include <cstddef>

#include "sweetspot/space.hpp"

namespace sweetspot::space {

// Counted up to `most`, which a range of numbers always has.
size_t distinct_configs(const Space& space, size_t most);

}  // namespace sweetspot::space
