// The trials of a study that have not ended, and their one state machine: each waits, trains or is
// paused until its search goes on with it. Every stretch of training comes in here, whoever asks
// for it, and every end goes out from here: to the search, and into the batch that the store gets
// next. An executor derives from it and says what is its own. Thread-safety: public member
// functions may be called from any thread; the others say.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "search/rounds.hpp"
#include "store/study_store.hpp"
#include "study/fed_segment.hpp"
#include "study/settings.hpp"
#include "trials/open_trial.hpp"
#include "trials/totals.hpp"
#include "trials/verdict.hpp"

namespace sweetspot::trials {

using study::FedSegment;

// Where trials come from as others end: a search.
class TrialFeed {
 public:
  virtual ~TrialFeed() = default;
  // How a trial's stretch ended; gives what is to train next.
  virtual std::vector<FedSegment> after(const study::Trial& trial,
                                        const search::SegmentEnd& end) = 0;
};

class Ledger {
 public:
  Ledger(const study::Settings& settings, const EarlyStopping& rule)
      : settings_(settings), rule_(rule) {}
  virtual ~Ledger() = default;

  // A stretch to train, from a state that was kept (of a new trial: a copy of another's), with the
  // curve that the trial has up to there.
  void add(const FedSegment& segment, const std::optional<StateBytes>& state,
           const study::Curve& curve);
  // A trial that is paused, for when its search goes on with it.
  void add_paused(const study::Trial& trial, const StateBytes& state, const study::Curve& curve);
  // One that is paused ends as pruned.
  void stop_paused(study::Trial trial, const StateBytes& state);
  // From now on a search is told how stretches end, and gives what is next. It is called under the
  // ledger's lock, and must outlive it.
  void set_feed(TrialFeed& feed);
  // Of these nothing is to be reported any more: they are another worker's.
  void abandon(const std::vector<int>& numbers);
  // Those that wait or train here.
  std::vector<int> open_numbers();
  // How many of a queue no one has begun to train yet.
  size_t waiting(size_t queue);

  // What has come since the last call.
  store::Batch take_batch();
  Totals totals();

  // Whether a trial, as it is kept, has come to the end of a stretch; its last observation is of
  // `step`.
  virtual bool has_stood_at(uint64_t until, const study::Trial& kept, uint64_t step,
                            store::StudyStore& store) const = 0;

 protected:
  // All under the lock. What an executor may add to:

  // Which of its queues a trial waits in.
  virtual size_t queue_of(const study::Trial&) const { return 0; }
  // A trial has come with the curve that it has up to now.
  virtual void opened(OpenTrial&, const study::Curve&) {}
  // A state is referred to once more, or once less.
  virtual void hold_state(const StateBytes&) {}
  virtual void drop_state(const StateBytes&) {}
  // Steps and compute seconds of a trial, as its state has them.
  virtual void settle(study::Trial& trial, const StateBytes& state) const = 0;
  // As of a trial that has trained nothing itself.
  virtual StateBytes as_copy(const StateBytes& state) const = 0;
  // A trial waits.
  virtual void came() {}
  // A trial is another worker's: says whether the executor has to be told of it by itself.
  virtual void left(int) {}
  // Whether a trial may not wait yet; then the executor has kept it.
  virtual bool takes_later(OpenTrial&) { return false; }
  // Trials that it keeps so.
  virtual std::vector<int> taken_later() const { return {}; }

  // And what it calls:

  bool has_waiting(size_t queue) REQUIRES(mutex_) { return !waiting_[queue].empty(); }
  // The next of a queue begins to train. The reference holds until it has ended, paused or left.
  OpenTrial& begin_next(size_t queue) REQUIRES(mutex_);
  void wait_again(OpenTrial open, bool as_first) REQUIRES(mutex_);
  OpenTrial take_under_way(int number) REQUIRES(mutex_);
  // It has ended at trial.steps, with trial.compute_seconds.
  void end(int number, study::Outcome outcome, const std::string& note) REQUIRES(mutex_);
  // It stands at `until`, and goes on from a state that belongs to `step`.
  void pause(int number, uint64_t step, StateBytes state) REQUIRES(mutex_);
  void keep_snapshot(int number, uint64_t step, StateBytes state) REQUIRES(mutex_);

  const study::Settings settings_;
  const EarlyStopping rule_;
  Mutex mutex_;
  std::map<size_t, std::deque<OpenTrial>> waiting_ GUARDED_BY(mutex_);
  std::map<int, OpenTrial> under_way_ GUARDED_BY(mutex_);
  store::Batch batch_ GUARDED_BY(mutex_);
  Totals totals_ GUARDED_BY(mutex_);
  TrialFeed* feed_ GUARDED_BY(mutex_) = nullptr;

 private:
  OpenTrial open(const study::Trial& trial, const std::optional<StateBytes>& state,
                 const study::Curve& curve) REQUIRES(mutex_);
  void place(OpenTrial open, const FedSegment& segment) REQUIRES(mutex_);
  void add_new(const FedSegment& segment, const OpenTrial& open) REQUIRES(mutex_);
  void take(const FedSegment& segment) REQUIRES(mutex_);
  void stop(study::Trial trial) REQUIRES(mutex_);
  // Tells the search, and takes what it asks for.
  void end_stretch(const OpenTrial& open, uint64_t steps) REQUIRES(mutex_);

  std::map<int, OpenTrial> paused_ GUARDED_BY(mutex_);
};

}  // namespace sweetspot::trials
