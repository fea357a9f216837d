// A study in one SQLite file (WAL). The layout is documented in docs/study-format.md.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "store/study_store.hpp"

namespace sweetspot::store {

// The layout that this program writes; a file with a higher number is refused.
constexpr int kSchemaVersion = 3;

enum class Access { read, train };

// Access::train creates the file where it is missing and holds an OS lock on it for the store's
// lifetime: throws Error (study) where another process trains on it. Access::read needs the file.
// `part` is the part of the study that the store works on.
std::unique_ptr<StudyStore> open_sqlite(const std::filesystem::path& file, Access access,
                                        const std::string& part = "sweep");

}  // namespace sweetspot::store
