// The folder of a study of a program of one's own: logs, report files, checkpoints. It bears the
// study's mark, and so do the folders in it that we remove. Where another study of the same name
// has the folder, it is another one, whose name has the first digits of the study's identity.
// Thread-safety: one thread at a time an object; workers may share a folder.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace sweetspot::programs {

struct StudyFolder {
  std::filesystem::path wanted;  // STUDY.files
  std::string identity;
  std::string part;
  // Whether the study names what lies in that folder of checkpoints: one that bears no mark, of an
  // older version, is its own then.
  std::function<bool(const std::filesystem::path&)> names;
};

class StudyFiles {
 public:
  // Makes what is missing; report files have a folder of this object's own. `is_alone`: no other
  // process trains on the study, so that those of calls that were killed go. Throws Error: system;
  // study where a part's name cannot be a folder's, or both folders are others'.
  StudyFiles(const StudyFolder& folder, bool is_alone);

  std::filesystem::path checkpoints() const { return root_ / "checkpoints"; }
  std::filesystem::path logs() const { return root_ / "logs"; }
  const std::filesystem::path& reports() const { return reports_; }
  void add_to_log(int trial, const std::string& text) const;
  void remove_reports() const;
  // Of other calls, too: once no trial of the study is left.
  void remove_all_reports() const;
  // Folders that hold nothing go.
  void tidy() const;

 private:
  std::string identity_;
  std::filesystem::path root_;
  std::filesystem::path reports_;
};

}  // namespace sweetspot::programs
