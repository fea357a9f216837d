// Names that nothing else bears, from the operating system's randomness: for what is told from all
// of its kind, never for numbers of a training. Thread-safety: pure functions.
#pragma once

#include <string>

namespace sweetspot {

// 128 bits, as 32 hexadecimal digits. Throws Error (system) where the system has none.
std::string drawn_identity();

}  // namespace sweetspot
