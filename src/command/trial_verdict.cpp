#include "command/trial_verdict.hpp"

#include <fmt/format.h>

#include <cctype>
#include <csignal>
#include <cstring>
#include <fstream>

#include "base/text.hpp"

namespace sweetspot::command {
namespace {

std::string with_last_line(const RunFacts& facts) {
  return facts.last_line.empty() ? "" : ": " + facts.last_line;
}

std::string missing_metric(const RunFacts& facts) {
  if (facts.other_metrics.empty()) {
    return fmt::format(
        "it ended without a report; write {{\"step\": 1, \"{}\": 0.5}} on a line, or give "
        "--metric-pattern{}",
        facts.judged_metric,
        facts.last_line.empty() ? "" : "; its output ended with: " + facts.last_line);
  }
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

}  // namespace

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

uint64_t out_of_memory_kills() {
  std::ifstream membership("/proc/self/cgroup");
  std::string line;
  while (std::getline(membership, line)) {
    if (!line.starts_with("0::")) continue;
    std::ifstream events("/sys/fs/cgroup" + line.substr(3) + "/memory.events");
    std::string name;
    uint64_t count = 0;
    while (events >> name >> count) {
      if (name == "oom_kill") return count;
    }
  }
  return 0;
}

}  // namespace sweetspot::command
