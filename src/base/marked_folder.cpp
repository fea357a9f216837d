#include "base/marked_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/write_file.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarkName = ".sweetspot";

[[noreturn]] void fail(const fs::path& folder, int reason) {
  throw Error(ErrorKind::system,
              fmt::format("{}: cannot be made: {}", folder.string(), std::strerror(reason)));
}

}  // namespace

Mark mark_of(const fs::path& folder, const std::string& identity) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    return fs::exists(fs::symlink_status(folder, ignored)) ? Mark::none : Mark::missing;
  }
  std::ifstream in(folder / kMarkName);
  std::string found;
  if (!std::getline(in, found) || found.empty()) return Mark::none;
  return found == identity ? Mark::own : Mark::another;
}

void put_mark(const fs::path& folder, const std::string& identity) {
  write_file(folder / kMarkName,
             identity +
                 "\nsweetspot made this folder for the study of that identity, and may "
                 "remove what is in it\n");
}

bool make_marked(const fs::path& folder, const std::string& identity) {
  if (const Mark mark = mark_of(folder, identity); mark == Mark::own || mark == Mark::another) {
    return mark == Mark::own;
  }
  std::error_code error;
  // To another disk, say.
  if (fs::is_symlink(folder, error) && fs::is_directory(folder, error) &&
      fs::is_empty(folder, error)) {
    put_mark(folder, identity);
    return true;
  }
  const fs::path place = folder.has_filename() ? folder : folder.parent_path();
  error.clear();
  if (place.has_parent_path()) fs::create_directories(place.parent_path(), error);
  if (error) fail(folder, error.value());
  // Put together beside its place: one that is there is marked.
  std::string beside = place.string() + ".XXXXXX";
  if (mkdtemp(beside.data()) == nullptr) fail(folder, errno);
  fs::permissions(beside,
                  fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                      fs::perms::others_read | fs::perms::others_exec,
                  error);
  try {
    put_mark(beside, identity);
  } catch (const Error&) {
    fs::remove_all(beside, error);
    throw;
  }
  if (std::rename(beside.c_str(), place.c_str()) == 0) return true;
  const int reason = errno;
  fs::remove_all(beside, error);
  const bool is_taken = reason == EEXIST || reason == ENOTEMPTY || reason == ENOTDIR;
  if (!is_taken) fail(folder, reason);
  return mark_of(folder, identity) == Mark::own;
}

void remove_marked(const fs::path& folder, const std::string& identity) {
  std::error_code ignored;
  if (mark_of(folder, identity) != Mark::own) return;
  // The mark goes last: what is left by one that is killed here is still known.
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename() != kMarkName) fs::remove_all(entry.path(), ignored);
  }
  remove_marked_if_empty(folder, identity);
}

void remove_marked_if_empty(const fs::path& folder, const std::string& identity) {
  std::error_code ignored;
  if (mark_of(folder, identity) != Mark::own) return;
  const fs::directory_iterator entries(folder, ignored);
  if (ignored || std::distance(begin(entries), end(entries)) != 1) return;
  fs::remove(folder / kMarkName, ignored);
  // Another process may have put something into it meanwhile.
  if (!fs::remove(folder, ignored) && fs::exists(folder, ignored)) put_mark(folder, identity);
}

bool is_plain_name(std::string_view text) {
  constexpr size_t kLongest = 200;
  return !text.empty() && text.size() <= kLongest && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return c < 128 && (std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_');
         });
}

}  // namespace sweetspot
