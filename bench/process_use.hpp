// What processes use of the machine, by /proc. Thread-safety: free functions, safe from any thread.
#pragma once

#include <cstdint>

namespace sweetspot::bench {

// Seconds of processor that a process has used.
double processor_seconds(int64_t process);
double own_processor_seconds();

// Of a process's memory what it shares with no other; 0 where that may not be read.
double own_megabytes(int64_t process);

}  // namespace sweetspot::bench
