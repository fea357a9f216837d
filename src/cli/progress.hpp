// How far a long call is: one line that is rewritten on a terminal, plain lines now and then where
// there is none. Thread-safety: one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "run/run_progress.hpp"
#include "store/study_store.hpp"

namespace sweetspot::cli {

// How far a study is, in words: what has ended, the best so far, how fast it trains, how long it
// has taken and will take; what is not known is left out.
std::string progress_text(const run::RunProgress& progress);

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(ProgressLine&&) = delete;
  void show(const run::RunProgress& progress);
  // Of `all` so much is done, in words besides; may be called at every step of the work.
  void show(uint64_t done, uint64_t all, const std::string& text);
  // Ends the line, so that what follows starts on its own.
  void close();

 private:
  void write(double share, const std::string& text);
  // A line of its own, where it is news.
  void tell(const std::string& trouble);

  bool terminal_;
  bool open_ = false;
  std::string trouble_;
  std::chrono::steady_clock::time_point next_;
};

// Of a store that waits long for another process a line says so.
void tell_waits(store::StudyStore& store);

}  // namespace sweetspot::cli
