// Between the cohorts' threads and the runner's: hands out trials, by the network they train,
// judges checks, and collects what the runner's thread then writes. Thread-safety: every member
// function may be called from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "cohorts/rule_state.hpp"
#include "run/shared_study.hpp"
#include "run/speed_estimate.hpp"
#include "run/trial_feed.hpp"
#include "search/hopeless.hpp"
#include "store/study_store.hpp"
#include "study/settings.hpp"
#include "study/trial.hpp"
#include "train/cohort.hpp"
#include "train/schedule.hpp"

namespace sweetspot::cohorts {

// The metrics of the trials' checks, in the order of their values.
std::vector<std::string> study_metrics();

class TrialHost final : public train::CohortHost, public run::SharedHost {
 public:
  // `scales` are those of the study's networks, by number; `pause` must outlive the host.
  TrialHost(const study::Settings& settings, const RuleState& rule, std::vector<double> scales,
            const std::atomic<bool>& pause);

  void add_segment(const run::FedSegment& segment, const std::optional<run::StateBytes>& state,
                   const study::Curve& curve) override;
  void add_paused(const study::Trial& trial, const run::StateBytes& state,
                  const study::Curve& curve) override;
  void stop_paused(study::Trial trial, const run::StateBytes& state) override;
  // From now on trials come from there, too; it is called under the host's lock and must outlive
  // it.
  void set_feed(run::TrialFeed& feed) {
    const Lock lock(mutex_);
    feed_ = &feed;
  }
  // From now on trials may come at any time, until stop_waiting(); `on_short` is called whenever a
  // trial ended, under the host's lock.
  void wait_for_more(std::function<void()> on_short);
  void stop_waiting();
  void abandon(const std::vector<int>& numbers) override;
  std::vector<int> open_numbers() override;

  bool has_stood_at(uint64_t until, const study::Trial&, uint64_t step,
                    store::StudyStore&) const override {
    return step >= until;
  }
  std::optional<double> judged_metric(const study::Curve& curve,
                                      const study::CurvePoint& point) const override;

  // Trials of one network that no cohort has taken yet, and those with the ones under way.
  size_t waiting(size_t network);
  size_t open(size_t network);
  // Waits, where trials come from a feed, until one is waiting; says whether any is. False at a
  // pause, too.
  bool wait_for_trials();

  std::optional<train::CohortTrial> next_trial(size_t network) override;
  train::AfterCheck check(const train::CohortCheck& check) override;
  void diverged(const train::CohortCheck& last) override;
  void snapshot(int number, const train::TrialSnapshot& snapshot) override;
  double snapshot_write_seconds() override;
  bool pause_requested() override;

  // What has come since the last call.
  store::Batch take_batch();
  // How long the last batch with snapshots took to write.
  void set_snapshot_write_seconds(double seconds);

  struct Totals : run::RunTotals {
    std::chrono::steady_clock::time_point last_result;
  };
  Totals totals();

 private:
  struct OpenTrial {
    study::Trial trial;
    std::optional<train::TrialSnapshot> snapshot;
    std::vector<search::CurveCheck> history;
    uint64_t from = 0;  // of the segment under way
    uint64_t until = 0;
    bool is_last = false;

    uint64_t last_step() const;
  };
  // A lane's trial that was abandoned: when the lane hears of it.
  struct Leaving {
    bool with_snapshot;  // the one that it gives for a pause; or else at its next check
  };

  size_t network_of(const study::Trial& trial) const;  // of a search: 1 for its proxy

  double judged_in(const study::CurvePoint& point) const;
  OpenTrial open_trial(const study::Trial& trial, std::optional<train::TrialSnapshot> snapshot,
                       const study::Curve& curve) const;

  // Whether what a lane tells of the trial is of one that is not under way: it was abandoned. Once
  // the lane has heard, the trial can begin anew, where it was claimed again.
  bool leaves(int number, bool with_snapshot) REQUIRES(mutex_);
  bool is_any_waiting() const REQUIRES(mutex_);

  // Asks the rule about the history's last check; says whether the trial is to end.
  bool give_up(OpenTrial& open) const;
  void observe(const train::CohortCheck& check) REQUIRES(mutex_);
  void end(const train::CohortCheck& check, study::Outcome outcome, const std::string& note)
      REQUIRES(mutex_);
  // Tells the feed, and takes what it gives.
  void end_segment(const OpenTrial& open, uint64_t steps) REQUIRES(mutex_);
  void take_segment(const run::FedSegment& segment) REQUIRES(mutex_);
  void add_new(const run::FedSegment& segment, const std::optional<train::TrialSnapshot>& copied)
      REQUIRES(mutex_);
  void stop(study::Trial trial) REQUIRES(mutex_);

  const study::Settings settings_;
  train::Schedule schedule_;
  const double resolution_;
  const RuleState rule_;
  const std::vector<double> scales_;
  const std::atomic<bool>& pause_;
  Mutex mutex_;
  std::map<size_t, std::deque<OpenTrial>> waiting_ GUARDED_BY(mutex_);  // by network
  std::map<int, OpenTrial> under_way_ GUARDED_BY(mutex_);
  std::map<int, Leaving> leaving_ GUARDED_BY(mutex_);
  // Claimed again, while a lane has not left them yet.
  std::map<int, OpenTrial> returned_ GUARDED_BY(mutex_);
  std::map<int, OpenTrial> paused_ GUARDED_BY(mutex_);
  // Of trials that pause.
  std::map<int, store::Observation> held_back_ GUARDED_BY(mutex_);
  Condition fed_;
  run::TrialFeed* feed_ GUARDED_BY(mutex_) = nullptr;
  bool waits_for_more_ GUARDED_BY(mutex_) = false;
  std::function<void()> on_short_ GUARDED_BY(mutex_);
  store::Batch batch_ GUARDED_BY(mutex_);
  double snapshot_write_seconds_ GUARDED_BY(mutex_) = 0;
  Totals totals_ GUARDED_BY(mutex_);
};

}  // namespace sweetspot::cohorts
