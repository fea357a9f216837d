// The folder of a study of a program of one's own: logs, report files, checkpoints.
// Thread-safety: one thread at a time an object; workers may share a folder.
#pragma once

#include <filesystem>
#include <string>

namespace sweetspot::run {

class CommandFiles {
 public:
  // Makes what is missing, and empties the folder of reports, which a call that was killed may have
  // left. `worker`: whose report files they are, where several share `root`; else empty. Throws
  // Error (system).
  CommandFiles(std::filesystem::path root, const std::string& worker);

  std::filesystem::path checkpoints() const { return root_ / "checkpoints"; }
  const std::filesystem::path& reports() const { return reports_; }
  void add_to_log(int trial, const std::string& text) const;
  void remove_reports() const;
  // Folders that hold nothing go.
  void tidy() const;

 private:
  std::filesystem::path root_;
  std::filesystem::path reports_;
};

}  // namespace sweetspot::run
