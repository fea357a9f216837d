#include "command/report_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace sweetspot::command {
namespace {

constexpr size_t kLongestLine = 65536;
constexpr size_t kLogLines = 200;
constexpr size_t kLongestLogLine = 2000;
constexpr uint32_t kMatchLimit = 1'000'000;  // so that no pattern hangs on a line
constexpr double kMostSteps = 9e15;          // a double counts them one by one

std::optional<uint64_t> step_of(double value) {
  if (!(value >= 0) || value > kMostSteps || value != std::floor(value)) return std::nullopt;
  return static_cast<uint64_t>(value);
}

std::optional<double> finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

// Of the NaN or infinity that a text begins with, however it is written; 0 where it begins with
// none.
size_t not_finite_length(std::string_view text) {
  const size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  size_t end = sign;
  std::string word;
  // A word that is longer is none, and looking at all of it from each of its letters on takes its
  // length's square.
  constexpr size_t kLongest = 8;
  while (end < text.size() && word.size() <= kLongest &&
         std::isalpha(static_cast<unsigned char>(text[end])) != 0) {
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(text[end++])));
  }
  return word == "nan" || word == "inf" || word == "infinity" ? end : 0;
}

// NaN and Infinity, as Python writes them, are no JSON: outside of texts they become null.
std::string with_nulls(std::string_view line) {
  std::string text;
  bool in_text = false;
  for (size_t i = 0; i < line.size();) {
    const char c = line[i];
    if (in_text && c == '\\' && i + 1 < line.size()) {
      text += line.substr(i, 2);
      i += 2;
      continue;
    }
    if (c == '"') in_text = !in_text;
    const size_t skipped = in_text ? 0 : not_finite_length(line.substr(i));
    if (skipped > 0) {
      text += "null";
      i += skipped;
    } else {
      text += c;
      ++i;
    }
  }
  return text;
}

}  // namespace

std::optional<Report> report_of_json(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos || line[first] != '{') return std::nullopt;
  nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (json.is_discarded()) json = nlohmann::json::parse(with_nulls(line), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  Report report;
  for (const auto& [name, value] : json.items()) {
    if (name == "step") {
      if (value.is_number()) report.step = step_of(value.get<double>());
      report.has_bad_step = !report.step.has_value();
    } else if (value.is_number()) {
      report.metrics[name] = finite(value.get<double>());
    } else if (value.is_null()) {
      report.metrics[name] = std::nullopt;
    }
  }
  if (report.metrics.empty()) return std::nullopt;
  return report;
}

struct MetricPattern::Compiled {
  struct Free {
    void operator()(pcre2_code* p) const { pcre2_code_free(p); }
    void operator()(pcre2_match_data* p) const { pcre2_match_data_free(p); }
    void operator()(pcre2_match_context* p) const { pcre2_match_context_free(p); }
  };
  std::unique_ptr<pcre2_code, Free> code;
  std::unique_ptr<pcre2_match_data, Free> data;
  std::unique_ptr<pcre2_match_context, Free> context;
  std::vector<std::pair<std::string, uint32_t>> groups;  // name, number
};

MetricPattern::MetricPattern(const std::string& pattern) : compiled_(std::make_unique<Compiled>()) {
  int error = 0;
  size_t at = 0;
  compiled_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                      PCRE2_DUPNAMES, &error, &at, nullptr));
  if (compiled_->code == nullptr) {
    PCRE2_UCHAR why[256];
    pcre2_get_error_message(error, why, sizeof why);
    throw Error(ErrorKind::usage, fmt::format("metric-pattern: {} at character {}",
                                              reinterpret_cast<const char*>(why), at + 1));
  }
  compiled_->data.reset(pcre2_match_data_create_from_pattern(compiled_->code.get(), nullptr));
  compiled_->context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(compiled_->context.get(), kMatchLimit);
  uint32_t count = 0;
  uint32_t width = 0;
  PCRE2_SPTR table = nullptr;
  pcre2_pattern_info(compiled_->code.get(), PCRE2_INFO_NAMECOUNT, &count);
  pcre2_pattern_info(compiled_->code.get(), PCRE2_INFO_NAMEENTRYSIZE, &width);
  pcre2_pattern_info(compiled_->code.get(), PCRE2_INFO_NAMETABLE, &table);
  for (uint32_t i = 0; i < count; ++i) {
    const PCRE2_SPTR entry = table + static_cast<size_t>(i) * width;
    compiled_->groups.emplace_back(reinterpret_cast<const char*>(entry + 2),
                                   static_cast<uint32_t>(entry[0]) << 8 | entry[1]);
  }
  if (metrics().empty()) {
    throw Error(ErrorKind::usage,
                "metric-pattern: needs a named group for a metric, as 'acc=(?<accuracy>[0-9.]+)'");
  }
}

MetricPattern::~MetricPattern() = default;
MetricPattern::MetricPattern(MetricPattern&&) noexcept = default;
MetricPattern& MetricPattern::operator=(MetricPattern&&) noexcept = default;

std::vector<std::string> MetricPattern::metrics() const {
  std::vector<std::string> names;
  for (const auto& [name, number] : compiled_->groups) {
    if (name != "step" && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  return names;
}

std::optional<Report> MetricPattern::match(std::string_view line) const {
  const int matched =
      pcre2_match(compiled_->code.get(), reinterpret_cast<PCRE2_SPTR>(line.data()), line.size(), 0,
                  0, compiled_->data.get(), compiled_->context.get());
  if (matched < 0) return std::nullopt;
  const size_t* ends = pcre2_get_ovector_pointer(compiled_->data.get());
  const uint32_t groups = pcre2_get_ovector_count(compiled_->data.get());
  Report report;
  for (const auto& [name, number] : compiled_->groups) {
    if (number >= groups || ends[2 * number] == PCRE2_UNSET) continue;
    const std::string text(line.substr(ends[2 * number], ends[2 * number + 1] - ends[2 * number]));
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const bool is_number = end != text.c_str() && *end == '\0';
    if (name == "step") {
      report.step = is_number ? step_of(value) : std::nullopt;
      report.has_bad_step = !report.step.has_value();
    } else if (is_number) {
      report.metrics[name] = finite(value);
    }
  }
  return report;
}

LineCounts& LineCounts::operator+=(const LineCounts& more) {
  all += more.all;
  huge += more.huge;
  matched += more.matched;
  bad_steps += more.bad_steps;
  return *this;
}

void LogTail::add(std::string_view line) {
  bytes_ += line.size() + 1;
  lines_.push_back(printable(line.substr(0, kLongestLogLine)));
  if (lines_.size() > kLogLines) lines_.pop_front();
}

std::string LogTail::last(size_t lines) const {
  std::string text;
  const size_t first = lines_.size() > lines ? lines_.size() - lines : 0;
  for (size_t i = first; i < lines_.size(); ++i) text += (i > first ? "\n" : "") + lines_[i];
  return text;
}

std::vector<Report> ReportReader::read(std::string_view bytes) {
  std::vector<Report> reports;
  while (!bytes.empty()) {
    const size_t end = bytes.find_first_of("\n\r");
    const std::string_view piece = bytes.substr(0, end);
    const size_t room = kLongestLine - line_.size();
    line_ += piece.substr(0, room);
    if (piece.size() > room) is_huge_ = true;
    if (end == std::string_view::npos) break;
    end_line(reports);
    bytes.remove_prefix(end + 1);
  }
  return reports;
}

std::vector<Report> ReportReader::finish() {
  std::vector<Report> reports;
  end_line(reports);
  return reports;
}

void ReportReader::cut() {
  is_huge_ = false;
  const std::string line = std::exchange(line_, {});
  if (line.empty()) return;
  ++counts_.all;
  log_.add(line);
}

// None where it is log.
std::optional<Report> ReportReader::report_of(const std::string& line) {
  std::optional<Report> matched = pattern_ != nullptr ? pattern_->match(line) : std::nullopt;
  if (matched.has_value()) ++counts_.matched;
  const bool has_metrics = matched.has_value() && !matched->metrics.empty();
  if (has_metrics && !matched->has_bad_step) return matched;
  std::optional<Report> json = report_of_json(line);
  if (json.has_value() && !json->has_bad_step) return json;
  if (has_metrics || json.has_value()) ++counts_.bad_steps;
  return std::nullopt;
}

void ReportReader::end_line(std::vector<Report>& reports) {
  const std::string line = std::exchange(line_, {});
  const bool is_huge = std::exchange(is_huge_, false);
  if (line.empty()) return;
  ++counts_.all;
  if (is_huge) ++counts_.huge;
  std::optional<Report> report = is_huge ? std::nullopt : report_of(line);
  if (report.has_value()) {
    reports.push_back(std::move(*report));
  } else {
    log_.add(line);
  }
}

}  // namespace sweetspot::command
