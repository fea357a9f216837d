#include "report/page.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/sha256.hpp"
#include "report/assets.hpp"
#include "report/part_table.hpp"
#include "report/table.hpp"

namespace sweetspot::report {
namespace {

// Control characters, which a browser would drop or turn into others, are shown.
std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '&') {
      html += "&amp;";
    } else if (c == '<') {
      html += "&lt;";
    } else if (c == '>') {
      html += "&gt;";
    } else if (c == '"') {
      html += "&quot;";
    } else if (c == '\'') {
      html += "&#39;";
    } else if ((code < 0x20 && c != '\n' && c != '\t') || code == 0x7f) {
      html += fmt::format("\\u{:04x}", code);
    } else {
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
  if (claims.empty()) return "";
  std::string html =
      "<section class=\"scroll\"><table class=\"claims\"><thead><tr><th>claim, and what was "
      "measured</th><th>verdict</th><th>number</th><th>threshold</th></tr></thead><tbody>";
  for (const Claim& c : claims) {
    html += fmt::format(
        "<tr><td>{}. {}<br><small>{}{}</small></td><td class=\"{}\">{}</td><td>{}{}</td>"
        "<td>{}</td></tr>",
        c.id, escaped(c.claim), escaped(c.test),
        c.detail.empty() ? "" : " (" + escaped(c.detail) + ")",
        c.verdict == Verdict::reproduced ? "yes" : "no", escaped(name_of(c.verdict)),
        c.number.has_value() ? fmt::format("{:.3g}", *c.number) : "",
        c.seeds.empty() ? "" : "<br><small>" + escaped(spread_text(c)) + "</small>",
        escaped(c.threshold));
  }
  return html + "</tbody></table></section>";
}

std::string cost_text(const Summary& summary) {
  return fmt::format("Cost: {}. Early stopping: {}. sweetspot {}.", cost_line(summary),
                     summary.record.early_stop, summary.record.program_version);
}

std::string title_of(const study::Settings& settings) {
  if (settings.command.has_value()) {
    return settings.command->command.empty() ? "A study" : settings.command->command;
  }
  const std::filesystem::path data = settings.data;
  return fmt::format("{} on {}", settings.model,
                     (data.has_filename() ? data : data.parent_path()).filename().string());
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

// What stands in the template between its only <style> and </style>.
std::string_view style_of(std::string_view page) {
  constexpr std::string_view kBegin = "<style>";
  const size_t begin = page.find(kBegin) + kBegin.size();
  return page.substr(begin, page.find("</style>", begin) - begin);
}

std::string hash_of(std::string_view text) {
  return sha256_base64({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace

std::string content_security_policy(std::string_view style, std::string_view script) {
  return fmt::format(
      "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; "
      "form-action 'none'",
      hash_of(style), hash_of(script));
}

std::string page_html(const Page& page) {
  std::string studies;
  std::string answers;
  std::string tables;
  std::string costs;
  const bool has_several = page.parts.size() > 1;
  for (size_t i = 0; i < page.parts.size(); ++i) {
    const Summary& summary = *page.parts[i];
    studies += fmt::format(
        "{}{}:{}", i == 0 ? "{" : ",",
        nlohmann::json(summary.part).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
        page.part_json[i]);
    answers += fmt::format("<p class=\"answer\">{}</p>\n", escaped(answer(summary)));
    tables +=
        fmt::format("<section class=\"scroll\">{}</section>\n", table_html(part_table(summary)));
    costs += fmt::format("{}{}{}", i == 0 ? "" : " <br>",
                         has_several ? escaped("The " + summary.part + ". ") : "",
                         escaped(cost_text(summary)));
  }
  std::string links;
  for (const std::string& name : page.files) {
    links += fmt::format("{}<a href=\"{}\">{}</a>", links.empty() ? "" : ", ", escaped(name),
                         escaped(name));
  }
  const std::string script = inside_code(page_script());
  const std::string policy = content_security_policy(style_of(page_template()), script);
  return filled(page_template(), {{"policy", policy},
                                  {"title", escaped(title_of(page.parts.front()->record.settings))},
                                  {"answers", answers},
                                  {"claims", claims_html(page.claims)},
                                  {"tables", tables},
                                  {"cost", costs},
                                  {"files", links},
                                  {"study", inside_script(studies + "}")},
                                  {"script", script}});
}

}  // namespace sweetspot::report
