// Whole files, all or nothing, also where the power fails: written beside their place, brought to
// the disk, then renamed.
// Thread-safety: free functions; one thread at a time a file.
#pragma once

#include <filesystem>
#include <string_view>

namespace sweetspot {

// Where a file is put together before it is renamed to `file`.
std::filesystem::path unfinished(const std::filesystem::path& file);

// Puts a file that is written whole into the place of another, or of none: first its bytes are on
// the disk, then its name. Both in one folder. Throws Error (system); `part` is removed then.
void put_in_place(const std::filesystem::path& part, const std::filesystem::path& file);

// Replaces what is there. A pipe or a device is written into. Throws Error (system) if it cannot be
// written; what was there stands.
void write_file(const std::filesystem::path& file, std::string_view bytes);

}  // namespace sweetspot
