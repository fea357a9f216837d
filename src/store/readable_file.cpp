#include "store/readable_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

namespace fs = std::filesystem;

fs::path beside(const fs::path& file, const char* ending) {
  return file.string() + ending;
}

fs::path folder_of(const fs::path& file) {
  const fs::path folder = file.parent_path();
  return folder.empty() ? "." : folder;
}

bool may_write(const fs::path& path) {
  return faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// What changes when a file is written: all zero where there is none.
std::array<int64_t, 5> state_of(const fs::path& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return {};
  return {static_cast<int64_t>(status.st_ino), status.st_size, status.st_mtim.tv_sec,
          status.st_mtim.tv_nsec, status.st_ctim.tv_nsec};
}

// A folder of its own, gone with the object.
class ScratchFolder {
 public:
  explicit ScratchFolder(const fs::path& file) {
    std::error_code error;
    std::string pattern = (fs::temp_directory_path(error) / "sweetspot-read-XXXXXX").string();
    if (error || mkdtemp(pattern.data()) == nullptr) {
      throw Error(ErrorKind::system,
                  fmt::format("{}: its folder cannot be written, so a copy is read, and there is "
                              "no folder for that (set TMPDIR to one that can be written)",
                              file.string()));
    }
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(ScratchFolder&&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Throws std::filesystem::filesystem_error.
void copy_once(const fs::path& from, const fs::path& to) {
  fs::copy_file(from, to, fs::copy_options::overwrite_existing);
  fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write);
}

void copy_unchanged(const fs::path& file, const fs::path& copy) {
  constexpr int kTries = 100;
  constexpr std::chrono::milliseconds kBetween{50};
  const fs::path log = beside(file, "-wal");
  for (int i = 0; i < kTries; ++i) {
    const auto before = std::pair(state_of(file), state_of(log));
    copy_once(file, copy);
    fs::remove(beside(copy, "-wal"));
    if (is_there(log)) copy_once(log, beside(copy, "-wal"));
    if (std::pair(state_of(file), state_of(log)) == before) return;
    std::this_thread::sleep_for(kBetween);
  }
  throw Error(ErrorKind::system,
              fmt::format("{}: cannot be read beside whoever writes it: its folder cannot be "
                          "written, and no copy could be made between two writes",
                          file.string()));
}

// `shown` stands for it in errors.
std::unique_ptr<SqliteSql> open_copy(const fs::path& shown, const fs::path& file) {
  const ScratchFolder scratch(shown);
  const fs::path copy = scratch.path() / "study.db";
  try {
    copy_unchanged(file, copy);
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::system, fmt::format("{}: cannot be read or copied: {}", file.string(),
                                               error.code().message()));
  }
  // Takes in what stood beside it; then one file is all, and needs no name any more.
  SqliteSql(shown, SQLite::OPEN_READWRITE, copy).run("PRAGMA journal_mode = DELETE");
  auto sql = std::make_unique<SqliteSql>(shown, SQLite::OPEN_READONLY, copy);
  sql->run("SELECT count(*) FROM sqlite_master");
  return sql;
}

}  // namespace

std::unique_ptr<SqliteSql> open_to_read(const fs::path& file) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  const fs::path& found = error ? file : real;
  if (may_write(found) && may_write(folder_of(found))) {
    return std::make_unique<SqliteSql>(file, SQLite::OPEN_READWRITE, found);
  }
  if (is_there(beside(found, "-wal")) && is_there(beside(found, "-shm"))) {
    try {
      auto sql = std::make_unique<SqliteSql>(file, SQLite::OPEN_READONLY, found);
      sql->run("SELECT count(*) FROM sqlite_master");
      return sql;
    } catch (const Error& failure) {
      // What another left, and cannot be used from here.
      if (failure.kind() != ErrorKind::system) throw;
    }
  }
  return open_copy(file, found);
}

}  // namespace sweetspot::store
