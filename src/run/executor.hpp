// What trains a study's trials: lanes of the native trainer, or a user's own program.
// Thread-safety: the study loop's thread alone, but for what an implementation says.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "run/search_director.hpp"
#include "run/shared_study.hpp"
#include "store/study_store.hpp"
#include "trials/ledger.hpp"

namespace sweetspot::run {

class Executor {
 public:
  using Clock = std::chrono::steady_clock;

  virtual ~Executor() = default;

  // Its trials.
  virtual trials::Ledger& ledger() = 0;
  // Operations of a step of the study's network over those of its search's proxy; 1 without one.
  virtual double proxy_ratio() const { return 1; }
  // In which order trials are best begun: indices.
  virtual std::vector<size_t> admission_order(const std::vector<study::Trial>& trials) const = 0;
  // That can train at once.
  virtual size_t places() const = 0;

  // Begins with what the ledger has. `more_may_come`: from other workers, until
  // no_more_comes(). False where there is nothing to train, now or later.
  virtual bool start(bool more_may_come) = 0;
  virtual void no_more_comes() = 0;
  enum class Progress {
    none,       // the time is over
    news,       // there is something to write at once
    everything  // nothing trains any more, and nothing waits that could
  };
  virtual Progress train_until(Clock::time_point until) = 0;
  // Waits for what still trains, after Progress::everything; throws what made it fail.
  virtual void join() = 0;

  // How many more trials could train here just now, and of which scale.
  virtual std::vector<Shortage> shortages() = 0;
  // Of the observations' values, in their order.
  virtual std::vector<std::string> metrics() const = 0;
  // The ledger's batch, and what is to be kept of the trials under way.
  virtual store::Batch take_batch() = 0;
  // The last batch is in the store, which took so long.
  virtual void written(bool has_snapshots, double seconds) = 0;
  // Of this call so far; after join() all of it.
  virtual store::Cost cost() = 0;

  // Whether the call has broken a trial off, which is to go on with the next call.
  virtual bool has_interrupted() const = 0;
  // Why it stops by itself, before all trials have ended: its user has to mend something. Empty: it
  // does not.
  virtual std::string failure() const { return {}; }
  // Why the system cannot run another trial, so that it pauses; empty: it can.
  virtual std::string shortage() const { return {}; }

  // What is left to do once every trial has ended: of the search, where the study has one. False
  // where `goes_on`, asked now and then, said no before that was done.
  virtual bool end_study(const SearchDirector* director, const store::Cost& cost,
                         const std::function<bool()>& goes_on) = 0;
  // The call is over; `is_over`: so is the study, and no other call has the use of its files.
  virtual void close(bool is_over) = 0;
};

}  // namespace sweetspot::run
