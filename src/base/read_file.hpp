// Whole files into memory. Thread-safety: free functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sweetspot {

// Throws Error (data) if it cannot be read.
std::vector<uint8_t> read_file(const std::filesystem::path& file);

// What people write for the program. Throws Error (usage) if it cannot be read.
std::string read_text_file(const std::string& file);

}  // namespace sweetspot
