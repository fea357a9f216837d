#include "programs/trial_verdict.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <optional>

#include "base/text.hpp"
#include "programs/processes/system_limits.hpp"

namespace sweetspot::programs {
namespace {

std::string with_last_line(const RunFacts& facts) {
  return facts.last_line.empty() ? "" : ": " + facts.last_line;
}

std::string why_pattern_gave_nothing(const RunFacts& facts) {
  const LineCounts& lines = facts.lines;
  if (lines.all == 0) return "it wrote no line that --metric-pattern could match";
  const std::string& last = facts.last_output.empty() ? facts.last_line : facts.last_output;
  const std::string all = counted(static_cast<long long>(lines.all), "line");
  if (lines.matched == 0) {
    return fmt::format("--metric-pattern matched none of {}; the last: {}", all, last);
  }
  return fmt::format(
      "--metric-pattern matched {} of {}, but its metrics were no numbers; the last: {}",
      lines.matched, all, last);
}

std::string without_report(const RunFacts& facts) {
  const std::string ending =
      facts.last_line.empty() ? "" : "; its output ended with: " + facts.last_line;
  if (facts.lines.bad_steps > 0) {
    return fmt::format("it ended without a report: {}{}", bad_steps_text(facts.lines), ending);
  }
  if (facts.lines.unread > 0) {
    return "it ended without a report: " + unread_text(facts.lines);
  }
  if (facts.has_pattern) return why_pattern_gave_nothing(facts);
  const std::string numberless =
      facts.lines.numberless == 0
          ? ""
          : fmt::format(
                ": {} had no number beside the step",
                counted(static_cast<long long>(facts.lines.numberless), "line") + " of JSON");
  return fmt::format(
      "it ended without a report{}; write {{\"step\": 1, \"{}\": 0.5}} on a line, or give "
      "--metric-pattern{}",
      numberless, facts.judged_metric, ending);
}

std::string missing_metric(const RunFacts& facts) {
  if (facts.judged_nulls + facts.judged_texts > 0) {
    return fmt::format("its {} was {} in {}, and never a number", facts.judged_metric,
                       facts.judged_nulls > 0 ? "null" : "a text",
                       counted(static_cast<long long>(facts.judged_nulls > 0 ? facts.judged_nulls
                                                                             : facts.judged_texts),
                               "report"));
  }
  if (facts.other_metrics.empty()) return without_report(facts);
  return fmt::format("no report has the metric {}; the nearest is '{}'; it reports {}",
                     facts.judged_metric, nearest_name(facts.judged_metric, facts.other_metrics),
                     join(facts.other_metrics, ", "));
}

std::string killed(const RunFacts& facts) {
  const std::string peak = bytes_text(static_cast<double>(facts.end.peak_bytes));
  if (facts.was_out_of_memory) {
    return fmt::format("killed for memory (its cgroup says so); its largest process held {}", peak);
  }
  return fmt::format("killed by SIGKILL, probably for memory; its largest process held {}", peak);
}

// As the process that reached its file size limit, or a shell tells of it; where it is sweetspot's
// limit, and not one that the program gave itself.
bool is_at_file_size_limit(const ProcessEnd& end) {
  constexpr int kOfAShell = 128;
  if (end.signal != SIGXFSZ && end.exit_code != kOfAShell + SIGXFSZ) return false;
  rlimit limit{};
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

}  // namespace

std::string shortage_of(const RunFacts& facts) {
  const ProcessEnd& end = facts.end;
  const bool is_setup = end.setup_error != 0;
  if (is_setup || is_shortage(end.start_error)) {
    const int error = is_setup ? end.setup_error : end.start_error;
    const bool is_files = error == EMFILE || error == ENFILE;
    return shortage_text(
        fmt::format("no {} can be had for a trial's program", is_files ? "files" : "process"),
        error);
  }
  if (facts.stop == StopReason::none && is_at_file_size_limit(end)) {
    return "a trial's program was ended where its file reached the limit of a file's size; give a "
           "higher one (ulimit -f)";
  }
  return "";
}

std::string failure_of(const RunFacts& facts) {
  const ProcessEnd& end = facts.end;
  if (end.start_error != 0) {
    return fmt::format("cannot be started: {}", std::strerror(end.start_error));
  }
  if (facts.stop == StopReason::timeout) {
    return fmt::format("stopped after {} (--max-trial-seconds)",
                       duration_text(facts.limit_seconds));
  }
  if (facts.stop == StopReason::stalled) {
    return fmt::format("stopped after {} without a report (--stall-seconds)",
                       duration_text(facts.limit_seconds));
  }
  if (facts.stop == StopReason::exhausted && !facts.has_judged_metric) return missing_metric(facts);
  if (facts.stop != StopReason::none) return "";
  if (end.signal == SIGKILL) return killed(facts);
  if (end.signal != 0) {
    const char* name = sigabbrev_np(end.signal);
    return fmt::format("ended by signal SIG{}{}",
                       name != nullptr ? name : std::to_string(end.signal), with_last_line(facts));
  }
  if (end.exit_code != 0) {
    return fmt::format("exit code {}{}", end.exit_code, with_last_line(facts));
  }
  return facts.has_judged_metric ? "" : missing_metric(facts);
}

std::string bad_steps_text(const LineCounts& lines) {
  return fmt::format("{} had a step that is no whole number from 0",
                     counted(static_cast<long long>(lines.bad_steps), "line"));
}

std::string unread_text(const LineCounts& lines) {
  const auto count = static_cast<long long>(lines.unread);
  return fmt::format("{} as JSON could not be read{}: {}",
                     count == 1 ? "1 line that begins" : fmt::format("{} lines that begin", count),
                     count == 1 ? "" : "; the first", lines.why_unread);
}

std::string huge_text(const LineCounts& lines) {
  return fmt::format("{} longer than 64 KiB: --metric-pattern does not look at such",
                     lines.huge == 1 ? "1 line was" : fmt::format("{} lines were", lines.huge));
}

std::string failure_kind(const std::string& failure) {
  std::string kind;
  bool in_number = false;
  for (const char c : failure) {
    // 0x7ffe, 1.5e-05: whatever goes on with what began with a digit.
    constexpr std::string_view kRest = "0123456789abcdefABCDEFx.+-";
    const bool goes_on = in_number && kRest.find(c) != std::string_view::npos;
    const bool begins = !in_number && std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (begins) kind += '#';
    if (!begins && !goes_on) kind += c;
    in_number = begins || goes_on;
  }
  return kind;
}

namespace {

// The line `oom_kill COUNT` of a file of a cgroup's.
std::optional<uint64_t> kills_in(const std::string& file) {
  std::ifstream counts(file);
  std::string name;
  uint64_t count = 0;
  while (counts >> name >> count) {
    if (name == "oom_kill") return count;
  }
  return std::nullopt;
}

}  // namespace

uint64_t out_of_memory_kills() {
  std::ifstream membership("/proc/self/cgroup");
  std::string line;
  while (std::getline(membership, line)) {
    // NUMBER:CONTROLLERS:PATH; version 2 has no number and no controllers, version 1 a tree of
    // memory's own.
    const size_t path = line.find(':', line.find(':') + 1) + 1;
    std::optional<uint64_t> kills;
    if (line.starts_with("0::")) {
      kills = kills_in("/sys/fs/cgroup" + line.substr(path) + "/memory.events");
    } else if (line.find(":memory:") != std::string::npos) {
      kills = kills_in("/sys/fs/cgroup/memory" + line.substr(path) + "/memory.oom_control");
    }
    if (kills.has_value()) return *kills;
  }
  return 0;
}

}  // namespace sweetspot::programs
