// What a user's program writes, taken apart as it comes: reports of metrics, and its log.
// A report is a line of JSON, {"step": 50, "accuracy": 0.93}, or a line that a pattern matches,
// whose named groups are the metrics and the step. Every other line is log. Whatever comes is
// survived: partial lines, huge ones, binary noise, NaN. Thread-safety: one thread at a time an
// object.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "programs/reports/report.hpp"

namespace sweetspot::programs {

// Of lines that are not empty.
struct LineCounts {
  uint64_t all = 0;
  uint64_t huge = 0;            // longer than what is looked at: their rest was left out
  uint64_t matched = 0;         // by the pattern
  uint64_t bad_steps = 0;       // reports but for their step, so log
  uint64_t numberless = 0;      // JSON without a metric
  uint64_t unread = 0;          // that begin as JSON and are none
  std::string why_unread = {};  // of the first of these
  LineCounts& operator+=(const LineCounts& more);
};

// A regular expression of PCRE2 with named groups, as 'step (?<step>\d+)
// .*acc=(?<accuracy>[0-9.]+)'. Thread-safety: one thread at a time.
class MetricPattern {
 public:
  // Throws Error (usage): a pattern that cannot be read, or has no named group beside step.
  explicit MetricPattern(const std::string& pattern);
  ~MetricPattern();
  MetricPattern(MetricPattern&&) noexcept;
  MetricPattern& operator=(MetricPattern&&) noexcept;

  // The metrics that it names.
  std::vector<std::string> metrics() const;
  // None where the line does not match; without metrics where no group was a number.
  std::optional<Report> match(std::string_view line) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

// The end of a log, with unprintable bytes replaced, and how much came in all.
class LogTail {
 public:
  void add(std::string_view line);
  // At most `lines` of the last ones, joined by line ends.
  std::string last(size_t lines) const;
  uint64_t bytes() const { return bytes_; }

 private:
  std::deque<std::string> lines_;
  uint64_t bytes_ = 0;
};

class ReportReader {
 public:
  // `pattern` may be null and must outlive the object; so must `log`.
  ReportReader(const MetricPattern* pattern, LogTail& log) : pattern_(pattern), log_(log) {}

  // Takes bytes as they come; gives the reports that became complete. A carriage return ends a
  // line, too, as progress bars have it.
  std::vector<Report> read(std::string_view bytes);
  // At the end of what is written: the last line may have no end.
  std::vector<Report> finish();
  // Or, of a program that was killed, no more than a beginning ("0." of "0.93"): it is log.
  void cut();

  const LineCounts& counts() const { return counts_; }

 private:
  void end_line(std::vector<Report>& reports);
  void append(std::string_view piece);
  std::optional<Report> report_of(const std::string& line);
  std::optional<Report> json_of(const std::string& line);
  void count_unread(const std::string& why);

  const MetricPattern* pattern_;
  LogTail& log_;
  std::string line_;
  bool is_huge_ = false;  // more came than is kept of a line
  LineCounts counts_;
};

}  // namespace sweetspot::programs
