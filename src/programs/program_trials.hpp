// The ledger of a user's own program: what each run has reported, when it is to stop, and what
// becomes of its trial and checkpoints when it ends.
// Thread-safety: as trials::Ledger; what is a run's, one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "programs/checkpoints.hpp"
#include "programs/reports/report_reader.hpp"
#include "programs/trial_verdict.hpp"
#include "store/study_store.hpp"
#include "study/settings.hpp"
#include "trials/ledger.hpp"

namespace sweetspot::programs {

// One run of the program, of a trial under way.
struct ProgramTrial {
  int number = 0;
  trials::OpenTrial* open = nullptr;  // null: it is another worker's by now
  PausedState state = {};             // where the next run goes on from
  std::string saving = {};            // the checkpoint folder that this one may fill
  ReportSteps steps{};
  uint64_t backwards = 0;     // reports of steps that were there before, without a reason
  bool has_reported = false;  // anything new
  std::optional<uint64_t> kept_step = {};  // at which its progress was last kept
  bool has_judged_metric = false;          // as a number, of this run or one before
  uint64_t judged_nulls = 0;               // reports that have it as null,
  uint64_t judged_texts = 0;               // or as a text
  std::vector<std::string> metrics = {};   // that it reported
  std::string left_out = {};  // the first metric that its study has no room for; empty: none
};

class ProgramTrials final : public trials::Ledger {
 public:
  // `metrics` are those that the store knows already. The checkpoints must outlive the object.
  // `on_left` is called with a trial that is another worker's by now.
  ProgramTrials(const study::Settings& settings, std::vector<std::string> metrics,
                Checkpoints& checkpoints, int retries, std::function<void(int)> on_left);

  bool has_stood_at(uint64_t until, const study::Trial& kept, uint64_t step,
                    store::StudyStore& store) const override;

  // The next to run, with a folder to save into.
  ProgramTrial next();
  // One that could not be started waits again.
  void put_back(ProgramTrial trial);

  // Whether a report that comes next adds to the last step that was observed.
  static bool adds_to_last_step(const ProgramTrial& running, const Report& report) {
    return running.steps.of(report) == running.open->last_step;
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
  bool has_unwritten();

  // Whether any training has not failed.
  bool has_worked() const { return has_worked_; }
  // Trainings that failed alike, one after the other, up to now.
  int failures_in_a_row() const { return failures_in_a_row_; }
  const std::string& last_failure() const { return last_failure_; }

 private:
  void opened(trials::OpenTrial& open, const study::Curve& curve) override;
  void hold_state(const trials::StateBytes& state) override;
  void drop_state(const trials::StateBytes& state) override;
  void settle(study::Trial& trial, const trials::StateBytes& state) const override;
  trials::StateBytes as_copy(const trials::StateBytes& state) const override;
  void left(int number) override REQUIRES(mutex_);

  // None where there are as many metrics as a study keeps.
  std::optional<size_t> metric_index(const std::string& name);
  // A point of a curve in the order of metrics().
  study::CurvePoint in_own_order(const study::Curve& curve, const study::CurvePoint& point);
  // The observation that a report makes; none where its step was there before.
  std::optional<uint64_t> take_metrics(ProgramTrial& running, const Report& report)
      REQUIRES(mutex_);
  StopReason judge(const ProgramTrial& running) const;
  // What the end of a program by itself is.
  StopReason at_own_end(const ProgramTrial& trial) const;
  // At the end of its segment, or beyond.
  StopReason at_end(const ProgramTrial& running) const;
  void end_trial(ProgramTrial& trial, study::Outcome outcome, const std::string& note)
      REQUIRES(mutex_);
  void pause_trial(ProgramTrial trial) REQUIRES(mutex_);
  void wait_again(ProgramTrial trial, bool as_first) REQUIRES(mutex_);
  // To the one before it, if there is one.
  void leave_checkpoint(ProgramTrial& trial);
  void keep_saved(ProgramTrial& trial, bool is_whole);
  // From step 0, without the checkpoint.
  void begin_again(ProgramTrial trial, const std::string& why) REQUIRES(mutex_);
  void fail(ProgramTrial trial, const std::string& failure, const std::string& log)
      REQUIRES(mutex_);
  void count_failure(const std::string& failure);

  std::vector<std::string> metrics_;
  Checkpoints& checkpoints_;
  const int retries_;
  const std::function<void(int)> on_left_;
  bool has_worked_ = false;
  bool has_saved_ = false;  // any program, anything
  int failures_in_a_row_ = 0;
  std::string last_failure_;
};

}  // namespace sweetspot::programs
