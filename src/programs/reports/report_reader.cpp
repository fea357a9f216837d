#include "programs/reports/report_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/text.hpp"
#include "programs/reports/json_report.hpp"
#include "sweetspot/error.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace sweetspot::programs {
namespace {

constexpr size_t kLongestLine = 65536;
constexpr size_t kLongestJson = 1 << 20;  // of a report that lists much beside its metrics
constexpr size_t kLogLines = 200;
constexpr size_t kLongestLogLine = 2000;
constexpr uint32_t kMatchLimit = 1'000'000;  // so that no pattern hangs on a line

}  // namespace

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
      report.metrics[name] = value;
    }
  }
  return report;
}

LineCounts& LineCounts::operator+=(const LineCounts& more) {
  all += more.all;
  huge += more.huge;
  matched += more.matched;
  bad_steps += more.bad_steps;
  numberless += more.numberless;
  unread += more.unread;
  if (why_unread.empty()) why_unread = more.why_unread;
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
    append(piece);
    if (end == std::string_view::npos) break;
    end_line(reports);
    bytes.remove_prefix(end + 1);
  }
  return reports;
}

void ReportReader::append(std::string_view piece) {
  const auto fill = [&](size_t most) {
    const size_t room = most - std::min(line_.size(), most);
    line_ += piece.substr(0, room);
    piece.remove_prefix(std::min(room, piece.size()));
  };
  fill(kLongestLine);
  if (!piece.empty() && looks_like_json(line_)) fill(kLongestJson);
  if (!piece.empty()) is_huge_ = true;
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
  std::optional<Report> matched;
  if (pattern_ != nullptr && line.size() <= kLongestLine) matched = pattern_->match(line);
  if (matched.has_value()) ++counts_.matched;
  const bool has_metrics = matched.has_value() && !matched->metrics.empty();
  if (has_metrics && !matched->has_bad_step) return matched;
  std::optional<Report> json = json_of(line);
  if (json.has_value() && !json->has_bad_step) return json;
  if (has_metrics || json.has_value()) ++counts_.bad_steps;
  return std::nullopt;
}

std::optional<Report> ReportReader::json_of(const std::string& line) {
  JsonLine json = read_json_line(line);
  if (json.is_object && !json.report.has_value()) ++counts_.numberless;
  if (!json.is_object && looks_like_json(line)) {
    constexpr size_t kShown = 80;
    count_unread(
        fmt::format("wrong at character {}: {}", json.wrong_at, printable(line.substr(0, kShown))));
  }
  return std::move(json.report);
}

void ReportReader::count_unread(const std::string& why) {
  ++counts_.unread;
  if (counts_.why_unread.empty()) counts_.why_unread = why;
}

void ReportReader::end_line(std::vector<Report>& reports) {
  const std::string line = std::exchange(line_, {});
  const bool is_huge = std::exchange(is_huge_, false);
  if (line.empty()) return;
  ++counts_.all;
  if (is_huge) ++counts_.huge;
  if (is_huge && looks_like_json(line)) count_unread("longer than 1 MiB");
  std::optional<Report> report = is_huge ? std::nullopt : report_of(line);
  if (report.has_value()) {
    reports.push_back(std::move(*report));
  } else {
    log_.add(line);
  }
}

}  // namespace sweetspot::programs
