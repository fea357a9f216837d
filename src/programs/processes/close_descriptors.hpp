// Thread-safety: for a process with one thread, as after a fork: calls nothing but what is safe
// there (signal-safety(7)).
#pragma once

#include <array>

namespace sweetspot::programs {

// Closes every descriptor from 3 on but these, also where close_range(2) is missing or refused, as
// some containers' filters do.
void close_all_but(std::array<int, 4> kept);

}  // namespace sweetspot::programs
