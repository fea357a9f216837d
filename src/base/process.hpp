// Other programs, run to their end. Thread-safety: free functions, safe from any thread.
#pragma once

#include <string>
#include <vector>

namespace sweetspot {

struct ProcessResult {
  bool started = false;  // false: no such program
  int exit_code = -1;    // 128 + signal where a signal ended it
  std::string output;    // the end of what it wrote to standard output and error, at most 4 KiB
};

// Runs arguments[0], found on PATH, without a shell, in `folder` ("" is the current one), with no
// standard input. Throws Error (system) where the system has no more files or processes.
ProcessResult run_process(const std::vector<std::string>& arguments, const std::string& folder);

}  // namespace sweetspot
