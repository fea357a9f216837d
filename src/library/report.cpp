#include "sweetspot/report.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "library/study_keeper.hpp"
#include "report/all_parts.hpp"
#include "report/json.hpp"
#include "report/write_report.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot {
namespace {

std::vector<report::Summary> parts_of(const std::filesystem::path& file) {
  std::vector<report::Summary> parts = report::all_parts(file.string());
  for (const report::Summary& part : parts) {
    if (!is_of_callers_trials(part.record.settings)) continue;
    throw Error(ErrorKind::study,
                fmt::format("{}: is a Study's own file, of which there is no report; open it as a "
                            "Study, which has answer() and write_csv()",
                            file.string()));
  }
  return parts;
}

}  // namespace

std::vector<std::string> study_answers(const std::filesystem::path& file) {
  std::vector<std::string> answers;
  for (const report::Summary& part : parts_of(file)) answers.push_back(report::answer(part));
  return answers;
}

std::string study_json(const std::filesystem::path& file, const std::string& part) {
  std::vector<std::string> known;
  for (const report::Summary& summary : parts_of(file)) {
    if (summary.part == part) return report::to_json(summary);
    known.push_back(summary.part);
  }
  throw Error(ErrorKind::usage,
              file.string() + ": " + unknown_name("part of this study", part, known));
}

std::vector<std::string> write_report(const std::filesystem::path& file,
                                      const std::filesystem::path& folder) {
  return report::write_report(parts_of(file), folder);
}

}  // namespace sweetspot
