// The loop of Study::optimize(): calls the function for each trial on a thread of its own, so many
// at a time. A trial that the search lets wait keeps its thread, and with it its state.
// Thread-safety: run() is called from one thread at a time; request_stop() from any.
#pragma once

#include <atomic>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "library/study_engine.hpp"

namespace sweetspot {

class OptimizeLoop;

// A trial inside the user's function.
class TrialRun {
 public:
  TrialRun(OptimizeLoop& loop, AskedTrial asked) : loop_(loop), asked_(std::move(asked)) {}

  const AskedTrial& asked() const { return asked_; }
  // As Trial::report().
  bool report(uint64_t step, double value);
  // Calls the function, and says how it ended. Throws nothing.
  void call(const std::function<double(Trial&)>& function);

 private:
  OptimizeLoop& loop_;
  AskedTrial asked_;
  bool has_ended_ = false;   // by a report
  bool broken_off_ = false;  // by a stop
};

class OptimizeLoop {
 public:
  OptimizeLoop(StudyEngine& engine, const std::function<double(Trial&)>& function,
               const OptimizeOptions& options, const std::atomic<bool>& stop);

  // Throws as Study::optimize().
  void run();
  // Wakes run() after `stop` was set.
  void wake();

 private:
  friend class TrialRun;

  struct Place {
    std::unique_ptr<TrialRun> run;
    std::thread thread;
    bool waits = false;      // in report()
    bool may_go_on = false;  // the search goes on with it
    bool released = false;   // it is to return, whatever the search does
    bool returned = false;
  };

  bool is_stopping() const REQUIRES(mutex_) { return stop_.load() || error_ != nullptr; }
  // Starts what the search asks for, as far as there are threads.
  void start_trials() REQUIRES(mutex_);
  void start(AskedTrial asked) REQUIRES(mutex_);
  // Gives back what has returned; calls on_end with the mutex let go.
  void reap() REQUIRES(mutex_);
  // Lets go of trials that wait though nothing will follow; of all, or of those that have ended.
  void release(bool all) REQUIRES(mutex_);
  void count_failure(const TrialResult& trial) REQUIRES(mutex_);
  void give_up(std::exception_ptr error) REQUIRES(mutex_);

  StudyEngine& engine_;
  const std::function<double(Trial&)>& function_;
  const OptimizeOptions& options_;
  const std::atomic<bool>& stop_;
  Mutex mutex_;
  Condition changed_;
  std::map<int, Place> runs_ GUARDED_BY(mutex_);  // by trial
  int running_ GUARDED_BY(mutex_) = 0;            // that do not wait
  std::exception_ptr error_ GUARDED_BY(mutex_);
  std::string last_failure_ GUARDED_BY(mutex_);
  int equal_failures_ GUARDED_BY(mutex_) = 0;
};

}  // namespace sweetspot
