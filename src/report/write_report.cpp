#include "report/write_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/write_file.hpp"
#include "report/claims/claims.hpp"
#include "report/csv.hpp"
#include "report/figures.hpp"
#include "report/json.hpp"
#include "report/page.hpp"
#include "report/png.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::report {
namespace {

namespace fs = std::filesystem;

constexpr double kPngScale = 2;

// What the names of a part's files begin with. A part's own name may be anything, a path too.
std::string prefix_of(const std::vector<Summary>& parts, size_t part) {
  if (parts.size() == 1) return "";
  const std::string& name = parts[part].part;
  const bool is_plain =
      !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
      });
  return is_plain ? name + "-" : fmt::format("part-{}-", part + 1);
}

}  // namespace

std::vector<std::string> write_report(const std::vector<Summary>& parts, const fs::path& folder,
                                      bool claims) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw Error(ErrorKind::system,
                fmt::format("{}: cannot be made: {}", folder.string(), error.message()));
  }
  std::vector<std::string> files;
  const auto keep = [&](const std::string& name, std::string_view bytes) {
    write_file(folder / name, bytes);
    files.push_back(name);
  };
  FigureScript script;
  Page page;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Summary& summary = parts[i];
    const std::string json = to_json(summary, -1);
    for (const std::string& name : script.names(summary.part, json)) {
      const std::string svg = script.svg(name, json);
      keep(name + ".svg", svg);
      keep(name + ".png", png_of(svg, kPngScale));
    }
    const std::string prefix = prefix_of(parts, i);
    keep(prefix + "trials.csv", trials_csv(summary));
    if (summary.part == "sweep") keep(prefix + "bands.csv", bands_csv(summary));
    if (summary.part == "size") keep(prefix + "sizes.csv", sizes_csv(summary));
    keep(prefix + "curves.csv", curves_csv(summary));
    page.parts.push_back(&summary);
    page.part_json.push_back(json);
  }
  if (claims) {
    page.claims = judge_claims(article_parts(parts));
    keep("claims.json", claims_json(page.claims));
  }
  page.files = files;
  keep("index.html", page_html(page));
  return files;
}

}  // namespace sweetspot::report
