// The ledger of the native trainer: hands out trials to lanes, by the network they train, and
// judges their checks. Thread-safety: every member function may be called from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cohorts/rule_state.hpp"
#include "study/settings.hpp"
#include "train/cohort.hpp"
#include "train/schedule.hpp"
#include "trials/ledger.hpp"

namespace sweetspot::cohorts {

// The metrics of the trials' checks, in the order of their values.
std::vector<std::string> study_metrics();

class TrialHost final : public train::CohortHost, public trials::Ledger {
 public:
  // `scales` are those of the study's networks, by number; `pause` must outlive the host.
  TrialHost(const study::Settings& settings, const RuleState& rule, std::vector<double> scales,
            const std::atomic<bool>& pause);

  // From now on trials may come at any time, until stop_waiting(); `on_short` is called whenever a
  // trial ended, under the host's lock.
  void wait_for_more(std::function<void()> on_short);
  void stop_waiting();

  bool has_stood_at(uint64_t until, const study::Trial&, uint64_t step,
                    store::StudyStore&) const override {
    return step >= until;
  }

  // Trials of one network that wait or train.
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

  // How long the last batch with snapshots took to write.
  void set_snapshot_write_seconds(double seconds);
  std::chrono::steady_clock::time_point last_result();

 private:
  // A lane's trial that was abandoned: when the lane hears of it.
  struct Leaving {
    bool with_snapshot;  // the one that it gives for a pause; or else at its next check
  };

  size_t queue_of(const study::Trial& trial) const override;  // its network: of a search's proxy 1
  void settle(study::Trial& trial, const trials::StateBytes& state) const override;
  trials::StateBytes as_copy(const trials::StateBytes& state) const override;
  void came() override { fed_.notify_all(); }
  void left(int number) override REQUIRES(mutex_);
  bool takes_later(trials::OpenTrial& open) override REQUIRES(mutex_);
  std::vector<int> taken_later() const override REQUIRES(mutex_);

  double judged_in(const study::CurvePoint& point) const;
  // Whether what a lane tells of the trial is of one that is not under way: it was abandoned. Once
  // the lane has heard, the trial can begin anew, where it was claimed again.
  bool leaves(int number, bool with_snapshot) REQUIRES(mutex_);
  bool is_any_waiting() const REQUIRES(mutex_);
  void observe(const train::CohortCheck& check) REQUIRES(mutex_);
  void end_at(const train::CohortCheck& check, study::Outcome outcome, const std::string& note)
      REQUIRES(mutex_);

  train::Schedule schedule_;
  const std::vector<double> scales_;
  const std::atomic<bool>& pause_;
  std::map<int, Leaving> leaving_ GUARDED_BY(mutex_);
  // Claimed again, while a lane has not left them yet.
  std::map<int, trials::OpenTrial> returned_ GUARDED_BY(mutex_);
  // Of trials that pause.
  std::map<int, store::Observation> held_back_ GUARDED_BY(mutex_);
  Condition fed_;
  bool waits_for_more_ GUARDED_BY(mutex_) = false;
  std::function<void()> on_short_ GUARDED_BY(mutex_);
  double snapshot_write_seconds_ GUARDED_BY(mutex_) = 0;
  std::chrono::steady_clock::time_point last_result_ GUARDED_BY(mutex_);
};

}  // namespace sweetspot::cohorts
