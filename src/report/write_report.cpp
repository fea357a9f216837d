#include "report/write_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "base/text.hpp"
#include "base/write_file.hpp"
#include "report/assets.hpp"
#include "report/claims.hpp"
#include "report/csv.hpp"
#include "report/figures.hpp"
#include "report/json.hpp"
#include "report/part_table.hpp"
#include "report/png.hpp"
#include "report/table.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::report {
namespace {

namespace fs = std::filesystem;

constexpr double kPngScale = 2;

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

// Inside a script element only its own end tag, or a comment, could end it.
std::string inside_script(std::string_view text) {
  std::string safe;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool tag =
        text[i] == '<' && i + 1 < text.size() && (text[i + 1] == '/' || text[i + 1] == '!');
    safe += tag ? std::string("\\u003c") : std::string(1, text[i]);
  }
  return safe;
}

// In code "<\/" stands for the same text in a string and in a regular expression.
std::string inside_code(std::string_view text) {
  std::string safe;
  constexpr std::string_view kEnd = "</script";
  constexpr std::string_view kComment = "<!--";
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, kEnd.size()) == kEnd || text.substr(i, kComment.size()) == kComment) {
      safe += "<\\";
    } else {
      safe += text[i];
    }
  }
  return safe;
}

std::string table_html(const PartTable& table) {
  std::string html = "<table><thead><tr>";
  for (const std::string& column : table.columns) html += "<th>" + escaped(column) + "</th>";
  html += "</tr></thead><tbody>";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (const std::string& cell : row) html += "<td>" + escaped(cell) + "</td>";
    html += "</tr>";
  }
  return html + "</tbody></table>";
}

std::string claims_html(const std::vector<Claim>& claims) {
  std::string html =
      "<section class=\"scroll\"><table class=\"claims\"><thead><tr><th>claim</th><th>verdict</th>"
      "<th>number</th><th>threshold</th><th>what was measured</th></tr></thead><tbody>";
  for (const Claim& c : claims) {
    html += fmt::format(
        "<tr><td>{}. {}</td><td class=\"{}\">{}</td><td>{}{}</td><td>{}</td><td>{}{}</td></tr>",
        c.id, escaped(c.claim), c.verdict == Verdict::reproduced ? "yes" : "no",
        escaped(name_of(c.verdict)), c.number.has_value() ? fmt::format("{:.3g}", *c.number) : "",
        c.seeds.empty() ? "" : "<br><small>" + escaped(spread_text(c)) + "</small>",
        escaped(c.threshold), escaped(c.test),
        c.detail.empty() ? "" : " (" + escaped(c.detail) + ")");
  }
  return html + "</tbody></table></section>";
}

std::string cost_text(const Summary& summary) {
  std::string text = "Cost: " + cost_line(summary);
  return text + fmt::format(". Early stopping: {}. sweetspot {}.", summary.record.early_stop,
                            summary.record.program_version);
}

std::string filled(std::string_view page, const std::map<std::string, std::string>& values) {
  std::string html;
  size_t at = 0;
  while (true) {
    const size_t open = page.find("{{", at);
    if (open == std::string_view::npos) return html.append(page.substr(at));
    const size_t close = page.find("}}", open);
    html.append(page.substr(at, open - at));
    html.append(values.at(std::string(page.substr(open + 2, close - open - 2))));
    at = close + 2;
  }
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
  std::string studies;
  std::string answers;
  std::string tables;
  std::string costs;
  for (const Summary& summary : parts) {
    const std::string& part = summary.part;
    const std::string json = to_json(summary, -1);
    for (const std::string& name : script.names(part, json)) {
      const std::string svg = script.svg(name, json);
      keep(name + ".svg", svg);
      keep(name + ".png", png_of(svg, kPngScale));
    }
    const std::string prefix = parts.size() > 1 ? part + "-" : "";
    keep(prefix + "trials.csv", trials_csv(summary));
    if (part == "sweep") keep(prefix + "bands.csv", bands_csv(summary));
    if (part == "size") keep(prefix + "sizes.csv", sizes_csv(summary));
    keep(prefix + "curves.csv", curves_csv(summary));
    studies += fmt::format("{}\"{}\":{}", studies.empty() ? "{" : ",", part, json);
    answers += fmt::format("<p class=\"answer\">{}</p>\n", escaped(answer(summary)));
    tables +=
        fmt::format("<section class=\"scroll\">{}</section>\n", table_html(part_table(summary)));
    costs += fmt::format("{}{}{}", costs.empty() ? "" : " <br>",
                         parts.size() > 1 ? "The " + part + ". " : "", escaped(cost_text(summary)));
  }

  std::string judged;
  if (claims) {
    const std::vector<Claim> all = judge_claims(article_parts(parts));
    keep("claims.json", claims_json(all));
    judged = claims_html(all);
  }
  std::string links;
  for (const std::string& name : files) {
    links += fmt::format("{}<a href=\"{}\">{}</a>", links.empty() ? "" : ", ", name, name);
  }
  const study::Settings& settings = parts.front().record.settings;
  const fs::path data = fs::path(settings.data);
  const std::string title =
      settings.command.has_value()
          ? (settings.command->command.empty() ? std::string("A study") : settings.command->command)
          : fmt::format("{} on {}", settings.model,
                        (data.has_filename() ? data : data.parent_path()).filename().string());
  keep("index.html", filled(page_template(), {{"title", escaped(title)},
                                              {"answers", answers},
                                              {"claims", judged},
                                              {"tables", tables},
                                              {"cost", costs},
                                              {"files", links},
                                              {"study", inside_script(studies + "}")},
                                              {"script", inside_code(page_script())}}));
  return files;
}

}  // namespace sweetspot::report
