// How a study's file is opened to be read. SQLite needs two more files beside it for that, which a
// connection that may not write leaves behind, in the reader's name, where others then cannot write
// them; and where nobody may make them it cannot open the file at all. So:
// - who may write the file and its folder opens it as who writes does, and so clears up behind;
// - who may not, while another has it open, reads beside that one, by the files that are there;
// - else a copy is read, whose files did not change while it was made: of a folder that is mounted
//   read-only here others may write the same file.
// Thread-safety: free functions, safe from any thread.
#pragma once

#include <filesystem>
#include <memory>

#include "store/sqlite/sqlite_sql.hpp"

namespace sweetspot::store {

// Decided anew at each call. Throws Error.
std::unique_ptr<SqliteSql> open_to_read(const std::filesystem::path& file);

}  // namespace sweetspot::store
