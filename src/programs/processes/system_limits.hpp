// What the system grants: files that may be open, processes, memory.
// Thread-safety: free functions; raise_open_files() while no other thread asks for limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace sweetspot::programs {

// Lets this process have as many files open as it may ask for, since every trial that runs takes
// five; gives how many it was before. Programs get that again: some use select(2), which knows
// 1,024, or close one by one all that could be open.
uint64_t raise_open_files();

// Whether a program could not be started for what may be there another time.
bool is_shortage(int error);

// Throws Error (system) where so many trials side by side need more open files than there may be.
void require_open_files(size_t parallel);

// In a line, with what helps.
std::string shortage_text(const std::string& what, int error);

}  // namespace sweetspot::programs
