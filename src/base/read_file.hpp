// Whole files into memory. Thread-safety: free functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sweetspot {

// Throws Error (data) if it cannot be read, or is larger than 4 GiB.
std::vector<uint8_t> read_file(const std::filesystem::path& file);

// What people write for the program. At most 16 MiB. Throws Error (usage) if it cannot be read.
std::string read_text_file(const std::string& file);

}  // namespace sweetspot
