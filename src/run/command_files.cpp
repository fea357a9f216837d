#include "run/command_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <system_error>
#include <utility>

#include "sweetspot/error.hpp"

namespace sweetspot::run {
namespace {

std::string as_file_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-'; }, '_');
  return name;
}

}  // namespace

CommandFiles::CommandFiles(std::filesystem::path root, const std::string& worker)
    : root_(std::move(root)),
      reports_(root_ / (worker.empty() ? "reports" : "reports-" + as_file_name(worker))) {
  remove_reports();
  for (const std::filesystem::path& folder : {root_ / "logs", reports_}) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (!error) continue;
    throw Error(ErrorKind::system,
                fmt::format("{}: cannot be made: {}", folder.string(), error.message()));
  }
}

void CommandFiles::add_to_log(int trial, const std::string& text) const {
  if (text.empty()) return;
  std::ofstream file(root_ / "logs" / fmt::format("{}.log", trial), std::ios::app);
  file << text << '\n';
}

void CommandFiles::remove_reports() const {
  std::error_code ignored;
  std::filesystem::remove_all(reports_, ignored);
}

void CommandFiles::tidy() const {
  std::error_code ignored;
  // The last is of all parts of the study.
  for (const std::filesystem::path& path :
       {reports_, checkpoints(), root_ / "logs", root_, root_.parent_path()}) {
    if (std::filesystem::is_empty(path, ignored)) std::filesystem::remove(path, ignored);
  }
}

}  // namespace sweetspot::run
