#include "programs/study_files.hpp"

#include <fmt/format.h>

#include <fstream>
#include <system_error>

#include "base/identity.hpp"
#include "base/marked_folder.hpp"
#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::programs {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDigits = 8;

[[noreturn]] void refuse(const fs::path& folder) {
  throw Error(ErrorKind::study,
              fmt::format("{}: is the folder of another study, or of something else; move it away",
                          folder.string()));
}

// "results.db.files" becomes "results.db-1a2b3c4d.files".
fs::path with_identity(const fs::path& wanted, const std::string& identity) {
  return wanted.parent_path() / fmt::format("{}-{}{}", wanted.stem().string(),
                                            identity.substr(0, kDigits),
                                            wanted.extension().string());
}

fs::path folder_of(const StudyFolder& folder) {
  if (make_marked(folder.wanted, folder.identity)) return folder.wanted;
  const bool is_older = mark_of(folder.wanted, folder.identity) == Mark::none &&
                        folder.names(folder.wanted / folder.part / "checkpoints");
  if (is_older) {
    put_mark(folder.wanted, folder.identity);
    return folder.wanted;
  }
  fs::path own = with_identity(folder.wanted, folder.identity);
  if (!make_marked(own, folder.identity)) refuse(own);
  return own;
}

// In a folder that is the study's one without a mark is of an older version.
fs::path made(fs::path folder, const std::string& identity) {
  if (make_marked(folder, identity)) return folder;
  if (mark_of(folder, identity) != Mark::none || !fs::is_directory(folder)) refuse(folder);
  put_mark(folder, identity);
  return folder;
}

fs::path root_of(const StudyFolder& folder) {
  if (!is_plain_name(folder.part)) {
    throw Error(ErrorKind::study, fmt::format("the study is damaged: a part cannot be named '{}'",
                                              printable(folder.part)));
  }
  return made(folder_of(folder) / folder.part, folder.identity);
}

}  // namespace

StudyFiles::StudyFiles(const StudyFolder& folder, bool is_alone)
    : identity_(folder.identity),
      root_(root_of(folder)),
      reports_(root_ / ("reports-" + drawn_identity().substr(0, kDigits))) {
  if (is_alone) remove_all_reports();
  made(logs(), identity_);
  if (!make_marked(reports_, identity_)) refuse(reports_);
}

void StudyFiles::add_to_log(int trial, const std::string& text) const {
  if (text.empty()) return;
  std::ofstream file(logs() / fmt::format("{}.log", trial), std::ios::app);
  file << text << '\n';
}

void StudyFiles::remove_reports() const {
  remove_marked(reports_, identity_);
}

void StudyFiles::remove_all_reports() const {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(root_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("reports-")) remove_marked(entry.path(), identity_);
  }
}

void StudyFiles::tidy() const {
  // The last is of all parts of the study.
  for (const fs::path& path : {reports_, checkpoints(), logs(), root_, root_.parent_path()}) {
    remove_marked_if_empty(path, identity_);
  }
}

}  // namespace sweetspot::programs
