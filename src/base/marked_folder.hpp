// Folders that bear a mark: the identity of what they were made for. Only who bears that identity
// uses them, and only what is marked is ever removed.
// Thread-safety: free functions; several processes may make the same folder at once.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace sweetspot {

enum class Mark {
  missing,  // there is no such folder
  none,     // it bears none: somebody else's, or made before there were marks
  own,      // of that identity
  another,  // of another
};
Mark mark_of(const std::filesystem::path& folder, const std::string& identity);

// A folder of that name that bears the mark: made with it, whole or not at all, where there is none
// or an empty one. False where another's, or one that is not marked, is in its place. Throws Error
// (system).
bool make_marked(const std::filesystem::path& folder, const std::string& identity);

// Puts the mark into a folder that is there. Throws Error (system).
void put_mark(const std::filesystem::path& folder, const std::string& identity);

// With all that is in it, or where nothing is in it but the mark. A folder without the mark stays.
void remove_marked(const std::filesystem::path& folder, const std::string& identity);
void remove_marked_if_empty(const std::filesystem::path& folder, const std::string& identity);

// Whether a text can be the name of one file or folder, in the folder where it is looked for and
// nowhere else: of letters, digits, `.`, `-` and `_`, not beginning with a dot.
bool is_plain_name(std::string_view text);

}  // namespace sweetspot
