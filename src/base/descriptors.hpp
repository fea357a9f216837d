// Descriptors 0 to 2. Thread-safety: safe from any thread.
#pragma once

namespace sweetspot {

// Opens /dev/null as each of standard input, output and error that is closed, as by `2>&-`. The
// next file or socket would have its number otherwise, and whatever is printed would go into that.
// Throws Error (system) where there is no /dev/null.
void hold_standard_descriptors();

}  // namespace sweetspot
