#include "sweetspot/report.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/all_parts.hpp"
#include "report/json.hpp"
#include "report/write_report.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot {
std::vector<std::string> study_answers(const std::filesystem::path& file) {
  std::vector<std::string> answers;
  for (const report::Summary& part : report::all_parts({file.string(), ""}))
    answers.push_back(report::answer(part));
  return answers;
}

std::string study_json(const std::filesystem::path& file, const std::string& part) {
  std::vector<std::string> known;
  for (const report::Summary& summary : report::all_parts({file.string(), ""})) {
    if (summary.part == part) return report::to_json(summary);
    known.push_back(summary.part);
  }
  throw Error(ErrorKind::usage,
              file.string() + ": " + unknown_name("part of this study", part, known));
}

std::vector<std::string> write_report(const std::filesystem::path& file,
                                      const std::filesystem::path& folder) {
  return report::write_report(report::all_parts({file.string(), ""}), folder);
}

}  // namespace sweetspot
