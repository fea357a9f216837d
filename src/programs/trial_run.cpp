#include "programs/trial_run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

#include "programs/processes/system_limits.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::programs {
namespace {

// What is read of a stream or file at one look, so that a program that never stops writing holds
// up nobody.
constexpr int kMostReads = 16;
constexpr size_t kReadBytes = 65536;

void append(std::vector<Report>& all, std::vector<Report> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

bool is_readable(int end) {
  pollfd ready = {end, POLLIN, 0};
  return poll(&ready, 1, 0) > 0;
}

// By a signal, or by one that a shell tells of.
bool was_killed(const ProcessEnd& end) {
  constexpr int kOfAShell = 128;
  return end.signal != 0 || end.exit_code > kOfAShell;
}

TrialRun::Clock::duration seconds_of(double seconds) {
  return std::chrono::duration_cast<TrialRun::Clock::duration>(
      std::chrono::duration<double>(seconds));
}

}  // namespace

ReportFile::ReportFile(std::filesystem::path path)
    : path_(std::move(path)),
      read_end_(open(path_.c_str(), O_RDONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (read_end_ >= 0) return;
  throw Error(ErrorKind::system,
              shortage_text(fmt::format("{}: cannot be made", path_.string()), errno));
}

ReportFile::~ReportFile() {
  close(read_end_);
  unlink(path_.c_str());
}

TrialRun::TrialRun(ProcessRequest request, std::filesystem::path report_file,
                   const MetricPattern* pattern, const TrialRunLimits& limits)
    : report_file_(std::move(report_file)),
      limits_(limits),
      output_reader_(pattern, output_log_),
      error_reader_(pattern, error_log_),
      file_reader_(nullptr, output_log_),
      has_pattern_(pattern != nullptr),
      memory_kills_before_(out_of_memory_kills()) {
  request.environment.emplace_back("SWEETSPOT_REPORT", report_file_.path().string());
  process_ = std::make_unique<TrialProcess>(request);
}

std::vector<int> TrialRun::ends() const {
  std::vector<int> ends = {process_->ended()};
  if (output_open_) ends.push_back(process_->output());
  if (errors_open_) ends.push_back(process_->errors());
  return ends;
}

TrialRun::Clock::time_point TrialRun::deadline() const {
  Clock::time_point first = stop_at_.value_or(Clock::time_point::max());
  if (stop_ != StopReason::none) return first;
  if (limits_.trial_seconds > 0) first = start_ + seconds_of(limits_.trial_seconds);
  if (limits_.stall_seconds > 0) {
    first = std::min(first, last_report_ + seconds_of(limits_.stall_seconds));
  }
  return first;
}

std::vector<Report> TrialRun::read() {
  std::vector<Report> reports;
  // Looked at before the file is: what is read then is all.
  const bool is_over = !is_finished_ && is_readable(process_->ended());
  read_stream(process_->output(), output_reader_, output_open_, reports);
  read_stream(process_->errors(), error_reader_, errors_open_, reports);
  const bool has_more = read_file(reports);
  if (is_over) {
    // What holds its pipes beyond its end could hold them for ever.
    constexpr std::chrono::seconds kDrain{1};
    if (!ended_at_.has_value()) ended_at_ = Clock::now();
    const bool is_closed = !output_open_ && !errors_open_;
    // Beyond where its trial has come to an end nothing counts.
    const bool counts = stop_ == StopReason::none || stop_ == StopReason::interrupted;
    const bool is_read = !has_more || !counts;
    if (is_read && (is_closed || Clock::now() > *ended_at_ + kDrain)) finish(reports);
  }
  const Clock::time_point now = Clock::now();
  if (!reports.empty()) last_report_ = now;
  if (stop_at_.has_value() && now >= *stop_at_) hurry();
  if (stop_ == StopReason::none && !ended_at_.has_value() && now >= deadline()) {
    const bool is_timeout =
        limits_.trial_seconds > 0 && now >= start_ + seconds_of(limits_.trial_seconds);
    stop(is_timeout ? StopReason::timeout : StopReason::stalled);
  }
  return reports;
}

void TrialRun::read_stream(int end, ReportReader& reader, bool& is_open,
                           std::vector<Report>& reports) {
  std::array<char, kReadBytes> bytes;
  for (int i = 0; is_open && i < kMostReads; ++i) {
    const ssize_t got = ::read(end, bytes.data(), bytes.size());
    if (got > 0) {
      append(reports, reader.read({bytes.data(), static_cast<size_t>(got)}));
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      is_open = false;
    } else {
      return;
    }
  }
}

bool TrialRun::read_file(std::vector<Report>& reports) {
  std::array<char, kReadBytes> bytes;
  for (int i = 0; i < kMostReads; ++i) {
    const ssize_t got = ::read(report_file_.read_end(), bytes.data(), bytes.size());
    if (got <= 0) return false;
    append(reports, file_reader_.read({bytes.data(), static_cast<size_t>(got)}));
  }
  return true;
}

void TrialRun::finish(std::vector<Report>& reports) {
  is_finished_ = true;
  end_ = process_->end();
  for (ReportReader* reader : {&output_reader_, &error_reader_, &file_reader_}) {
    if (was_killed(end_)) {
      reader->cut();
    } else {
      append(reports, reader->finish());
    }
  }
}

void TrialRun::stop(StopReason reason) {
  if (stop_ == StopReason::none) process_->stop();
  if (stop_ == StopReason::none || stop_ == StopReason::interrupted) stop_ = reason;
}

void TrialRun::stop_soon(StopReason reason) {
  constexpr std::chrono::seconds kMoment{2};
  if (stop_ == StopReason::interrupted) stop_ = reason;
  if (stop_ != StopReason::none) return;
  stop_ = reason;
  stop_at_ = Clock::now() + kMoment;
}

void TrialRun::hurry() {
  if (!stop_at_.has_value()) return;
  stop_at_.reset();
  process_->stop();
}

RunFacts TrialRun::facts() {
  RunFacts facts;
  facts.end = end_;
  facts.stop = stop_;
  facts.last_line = last_lines(1);
  facts.last_output = output_log_.last(1);
  facts.lines = counts();
  facts.has_pattern = has_pattern_;
  facts.limit_seconds =
      stop_ == StopReason::timeout ? limits_.trial_seconds : limits_.stall_seconds;
  facts.was_out_of_memory = out_of_memory_kills() > memory_kills_before_;
  return facts;
}

std::string TrialRun::last_lines(size_t lines) const {
  const std::string errors = error_log_.last(lines);
  return errors.empty() ? output_log_.last(lines) : errors;
}

std::string TrialRun::log() const {
  constexpr size_t kAll = 1'000'000;
  const std::string output = output_log_.last(kAll);
  const std::string errors = error_log_.last(kAll);
  if (errors.empty()) return output;
  return output + (output.empty() ? "" : "\n") + "--- standard error\n" + errors;
}

double TrialRun::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

LineCounts TrialRun::counts() const {
  LineCounts counts;
  for (const ReportReader* reader : {&output_reader_, &error_reader_, &file_reader_}) {
    counts += reader->counts();
  }
  return counts;
}

}  // namespace sweetspot::programs
