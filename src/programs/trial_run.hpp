// One run of a trial's program: its process, its output and its report file read as reports and
// log, its limits. A trial may take several runs: where it pauses, or fails and is tried again.
// Thread-safety: one thread at a time.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "programs/processes/trial_process.hpp"
#include "programs/reports/report_reader.hpp"
#include "programs/trial_verdict.hpp"

namespace sweetspot::programs {

struct TrialRunLimits {
  double trial_seconds = 0;  // that the run may take; 0: no limit
  double stall_seconds = 0;  // without a report; 0: no limit
};

// Where a program may write reports, too: made empty, and removed at the end.
class ReportFile {
 public:
  // Throws Error (system).
  explicit ReportFile(std::filesystem::path path);
  ~ReportFile();
  ReportFile(const ReportFile&) = delete;
  ReportFile& operator=(const ReportFile&) = delete;
  const std::filesystem::path& path() const { return path_; }
  int read_end() const { return read_end_; }

 private:
  std::filesystem::path path_;
  int read_end_;
};

class TrialRun {
 public:
  using Clock = std::chrono::steady_clock;

  // Starts it. `pattern` may be null and must outlive the object. Throws Error (system).
  TrialRun(ProcessRequest request, std::filesystem::path report_file, const MetricPattern* pattern,
           const TrialRunLimits& limits);

  // What to wait for: any of these is readable when there is something to read or it has ended.
  std::vector<int> ends() const;
  // When a limit will have been broken; never where there is none.
  Clock::time_point deadline() const;

  // What came since the last call. Where a limit is broken, the program is told to stop.
  std::vector<Report> read();

  // Tells the program to stop, for the first reason that is given; a pause of the study gives way
  // to what the program still reports.
  void stop(StopReason reason);
  // The same, but a program that knows where to stop (SWEETSPOT_STEPS) has a moment to save its
  // state and end by itself,
  void stop_soon(StopReason reason);
  // unless it trains on.
  void hurry();
  StopReason stop_reason() const { return stop_; }

  // Whether it has ended, and what it wrote was read to its end.
  bool has_ended() const { return is_finished_; }

  // Once it has ended. The metrics and whether the judged one was there are the caller's to add.
  RunFacts facts();
  double seconds() const;  // since it started
  // The end of what it wrote beside reports: its errors, or else its output.
  std::string last_lines(size_t lines) const;
  // All of that which is kept, the output first.
  std::string log() const;
  LineCounts counts() const;

 private:
  void read_stream(int end, ReportReader& reader, bool& is_open, std::vector<Report>& reports);
  // Whether there may be more.
  bool read_file(std::vector<Report>& reports);
  void finish(std::vector<Report>& reports);

  ReportFile report_file_;
  TrialRunLimits limits_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_report_ = start_;
  LogTail output_log_;
  LogTail error_log_;
  ReportReader output_reader_;
  ReportReader error_reader_;
  ReportReader file_reader_;
  bool output_open_ = true;
  bool errors_open_ = true;
  bool is_finished_ = false;
  ProcessEnd end_;
  bool has_pattern_;
  StopReason stop_ = StopReason::none;
  std::optional<Clock::time_point> ended_at_;
  std::optional<Clock::time_point> stop_at_;  // of one that may end by itself until then
  uint64_t memory_kills_before_;
  std::unique_ptr<TrialProcess> process_;
};

}  // namespace sweetspot::programs
