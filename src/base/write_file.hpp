// Whole files from memory, all or nothing: written beside their place, then renamed.
// Thread-safety: free functions; one thread at a time a file.
#pragma once

#include <filesystem>
#include <string_view>

namespace sweetspot {

// Where a file is put together before it is renamed to `file`.
std::filesystem::path unfinished(const std::filesystem::path& file);

// Replaces what is there. A pipe or a device is written into. Throws Error (system) if it cannot be
// written; what was there stands.
void write_file(const std::filesystem::path& file, std::string_view bytes);

}  // namespace sweetspot
