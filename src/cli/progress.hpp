// How far a long call is: one line that is rewritten on a terminal, plain lines now and then where
// there is none. Thread-safety: one thread at a time.
#pragma once

#include <chrono>
#include <string>

#include "run/study_runner.hpp"

namespace sweetspot::cli {

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(ProgressLine&&) = delete;
  void show(const run::RunProgress& progress);
  // Ends the line, so that what follows starts on its own.
  void close();

 private:
  bool terminal_;
  bool open_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace sweetspot::cli
