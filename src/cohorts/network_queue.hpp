// Which of a study's networks a thread trains next. Thread-safety: every member function may be
// called from any thread.
#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "base/mutex.hpp"
#include "cohorts/trial_host.hpp"

namespace sweetspot::cohorts {

// Of those with waiting trials the one that the fewest threads train, the largest among equals
// (networks come in ascending size), so that the long ones do not come last.
class NetworkQueue {
 public:
  // The host must outlive the object.
  NetworkQueue(TrialHost& host, size_t networks) : host_(host), threads_(networks, 0) {}

  // Waits as long as trials may come; none where no more do.
  std::optional<size_t> take();
  void give_back(size_t network);

  // Threads that train a network, and those that have none.
  size_t threads(size_t network);
  size_t idle() const { return static_cast<size_t>(idle_.load()); }

 private:
  std::optional<size_t> take_waiting();

  TrialHost& host_;
  Mutex mutex_;
  std::vector<int> threads_ GUARDED_BY(mutex_);
  std::atomic<int> idle_{0};
};

}  // namespace sweetspot::cohorts
