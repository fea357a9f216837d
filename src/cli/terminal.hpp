// The terminal that answers go to. Thread-safety: pure function.
#pragma once

#include <cstddef>

namespace sweetspot::cli {

// Characters that a line of standard output has room for; report::kPlainWidth where it is no
// terminal.
size_t terminal_width();

}  // namespace sweetspot::cli
