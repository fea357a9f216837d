// What the end of a program's run means for its trial. Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "programs/processes/trial_process.hpp"
#include "programs/reports/report_reader.hpp"

namespace sweetspot::programs {

// Why sweetspot stopped a run, if it did.
enum class StopReason {
  none,
  reached,     // the target
  exhausted,   // the budget
  paused,      // its search wants it to wait
  hopeless,    // by the early-stopping rule
  diverged,    // the metric is not finite, and what is sought cannot come of it
  timeout,     // --max-trial-seconds
  stalled,     // --stall-seconds without a report
  interrupted  // the study pauses
};

struct RunFacts {
  ProcessEnd end;
  StopReason stop = StopReason::none;
  bool has_judged_metric = false;          // as a number, in any report
  uint64_t judged_nulls = 0;               // reports that had it as null,
  uint64_t judged_texts = 0;               // or as a text
  std::string judged_metric;               // its name
  std::vector<std::string> other_metrics;  // that were reported
  std::string last_line;                   // of its log, errors first
  std::string last_output;         // the last line of its log that is no error; may be empty
  LineCounts lines;                // that it wrote
  bool has_pattern = false;        // a --metric-pattern was looked for
  double limit_seconds = 0;        // that it broke
  bool was_out_of_memory = false;  // by its cgroup's own count: certain
};

// What the system had too little of, in one line, so that the run says nothing of its trial; empty
// where it had enough.
std::string shortage_of(const RunFacts& facts);

// Why a run failed, in one line; empty where it did not.
std::string failure_of(const RunFacts& facts);

// "2 lines had a step that is no whole number from 0".
std::string bad_steps_text(const LineCounts& lines);

// "2 lines that begin as JSON could not be read; the first: ...".
std::string unread_text(const LineCounts& lines);

// "2 lines were longer than 64 KiB, ...".
std::string huge_text(const LineCounts& lines);

// A failure's line without its numbers, which differ from trial to trial (addresses, rates, lines).
std::string failure_kind(const std::string& failure);

// How often processes of this cgroup were killed for memory; 0 where that is not known.
uint64_t out_of_memory_kills();

}  // namespace sweetspot::programs
