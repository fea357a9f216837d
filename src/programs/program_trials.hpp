// The trials of a study of a user's own program: which wait, which are paused, what each has
// reported, when it is to stop, and how its runs end it. Collects what the runner then writes.
// Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "programs/checkpoints.hpp"
#include "programs/reports/report_reader.hpp"
#include "programs/trial_verdict.hpp"
#include "run/speed_estimate.hpp"
#include "run/trial_feed.hpp"
#include "store/study_store.hpp"
#include "study/settings.hpp"

namespace sweetspot::programs {

// One trial, waiting or under way.
struct ProgramTrial {
  study::Trial trial;
  uint64_t from = 0;   // of the segment under way, in the search's steps
  uint64_t until = 0;  // where it pauses or ends
  bool is_last = false;
  uint64_t last_step = 0;                        // that was observed,
  bool has_observed = false;                     // if any was
  std::vector<search::CurveCheck> history = {};  // the score at each step that had one
  std::optional<study::CurvePoint> point = {};   // the last, to which a report of its step adds
  uint64_t interval = 0;                         // the most steps between two points
  PausedState state = {};                        // where its next run goes on from

  // Of the run under way.
  std::string saving = {};  // the checkpoint folder that it may fill
  ReportSteps steps{};
  uint64_t backwards = 0;     // reports of steps that were there before, without a reason
  bool has_reported = false;  // anything new
  std::optional<uint64_t> kept_step = {};  // at which its progress was last kept
  bool has_judged_metric = false;          // as a number, of this run or one before
  uint64_t judged_nulls = 0;               // reports that have it as null,
  uint64_t judged_texts = 0;               // or as a text
  std::vector<std::string> metrics = {};   // that it reported
  std::string left_out = {};  // the first metric that its study has no room for; empty: none

  int failures = 0;          // runs that failed, and were tried again
  std::string trouble = {};  // what is said of a trial that went on all the same
};

class ProgramTrials final : public run::SegmentHost {
 public:
  // `metrics` are those that the store knows already. The checkpoints must outlive the object.
  ProgramTrials(const study::Settings& settings, std::vector<std::string> metrics,
                Checkpoints& checkpoints, int retries);

  void add_segment(const run::FedSegment& segment, const std::optional<run::StateBytes>& state,
                   const study::Curve& curve) override;
  void add_paused(const study::Trial& trial, const run::StateBytes& state,
                  const study::Curve& curve) override;
  void stop_paused(study::Trial trial, const run::StateBytes& state) override;
  bool has_stood_at(uint64_t until, const study::Trial& kept, uint64_t step,
                    store::StudyStore& store) const override;
  std::optional<double> judged_metric(const study::Curve& curve,
                                      const study::CurvePoint& point) const override;
  // Must outlive the object.
  void set_feed(run::TrialFeed& feed) { feed_ = &feed; }

  // Those that wait are another worker's by now.
  void abandon(const std::vector<int>& numbers);
  std::vector<int> waiting_numbers() const;

  bool has_waiting() const { return !waiting_.empty(); }
  // The next to run, with a folder to save into.
  ProgramTrial next();

  // One that could not be started waits again.
  void put_back(ProgramTrial trial);

  // Whether a report that comes next adds to the last step that was observed.
  static bool adds_to_last_step(const ProgramTrial& running, const Report& report) {
    return running.steps.of(report) == running.last_step;
  }
  // What a report makes of a trial that runs; none while it is to go on.
  StopReason observe(ProgramTrial& running, const Report& report);

  // Of a trial that runs and has saved something: from there it goes on, should sweetspot be
  // killed.
  void keep_progress(ProgramTrial& running, double seconds);

  // The end of a run: the trial has ended, waits for its search, or runs again. The facts need no
  // metrics. `log` are the last lines of what it wrote.
  void end_run(ProgramTrial trial, RunFacts facts, double seconds, const std::string& log);

  // Every metric that was ever reported, in the order of the observations' values.
  const std::vector<std::string>& metrics() const { return metrics_; }
  store::Batch take_batch();
  bool has_unwritten() const { return !batch_.observations.empty(); }

  run::RunTotals totals() const;  // those that run are not among the open ones

  // Whether any training has not failed.
  bool has_worked() const { return has_worked_; }
  // Trainings that failed alike, one after the other, up to now.
  int failures_in_a_row() const { return failures_in_a_row_; }
  const std::string& last_failure() const { return last_failure_; }

 private:
  ProgramTrial trial_of(const study::Trial& trial, const std::optional<run::StateBytes>& state,
                        const study::Curve& curve);
  // None where there are as many metrics as a study keeps.
  std::optional<size_t> metric_index(const std::string& name);
  // A point of a curve in the order of metrics().
  study::CurvePoint in_own_order(const study::Curve& curve, const study::CurvePoint& point);
  // The observation that a report makes; none where its step was there before.
  std::optional<uint64_t> take_metrics(ProgramTrial& running, const Report& report);
  StopReason judge(ProgramTrial& running) const;
  // What the end of a program by itself is.
  StopReason at_own_end(ProgramTrial& trial) const;
  // At the end of its segment, or beyond.
  StopReason at_end(const ProgramTrial& running) const;
  void end_trial(ProgramTrial& trial, study::Outcome outcome, const std::string& note);
  void pause_trial(ProgramTrial trial);
  void refer_to(const PausedState& state);
  // To the one before it, if there is one.
  void leave_checkpoint(ProgramTrial& trial);
  void keep_saved(ProgramTrial& trial, bool is_whole);
  void end_segment(const ProgramTrial& trial, uint64_t steps);
  // From step 0, without the checkpoint.
  void begin_again(ProgramTrial trial, const std::string& why);
  void fail(ProgramTrial trial, const std::string& failure, const std::string& log);
  void count_failure(const std::string& failure);

  const study::Settings settings_;
  std::vector<std::string> metrics_;
  Checkpoints& checkpoints_;
  const int retries_;
  std::deque<ProgramTrial> waiting_;
  std::map<int, ProgramTrial> paused_;
  run::TrialFeed* feed_ = nullptr;
  store::Batch batch_;
  run::RunTotals totals_;
  bool has_worked_ = false;
  bool has_saved_ = false;  // any program, anything
  int failures_in_a_row_ = 0;
  std::string last_failure_;
};

}  // namespace sweetspot::programs
