// A lock on a file, held by the operating system: it goes with the process, however that
// ends. Thread-safety: one thread at a time an object.
#pragma once

#include <filesystem>

namespace sweetspot::store {

class FileLock {
 public:
  // Creates the file where it is missing. Throws Error: study where another process holds the lock,
  // system where the file cannot be opened for writing.
  // A shared one allows for others that are shared.
  FileLock(const std::filesystem::path& file, bool is_shared);
  ~FileLock();
  FileLock(FileLock&&) = delete;

 private:
  int descriptor_;
};

}  // namespace sweetspot::store
