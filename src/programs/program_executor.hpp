// The executor of a user's own program: so many processes side by side.
// Thread-safety: as run::Executor; train_until() forks, while no other thread holds locks.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "programs/argument_template.hpp"
#include "programs/checkpoints.hpp"
#include "programs/processes/system_limits.hpp"
#include "programs/program_options.hpp"
#include "programs/program_slot.hpp"
#include "programs/program_trials.hpp"
#include "programs/reports/report_reader.hpp"
#include "programs/study_files.hpp"
#include "run/executor.hpp"

namespace sweetspot::programs {

class ProgramExecutor final : public run::Executor {
 public:
  // All that is passed by reference must outlive the object. Throws Error: system where there are
  // too few files for so many programs, or the study's folder cannot be made.
  ProgramExecutor(store::StudyStore& store, const ProgramOptions& options,
                  std::atomic<bool>& pause);

  std::filesystem::path logs() const { return files_.logs(); }

  trials::Ledger& ledger() override { return trials_; }
  std::vector<size_t> admission_order(const std::vector<study::Trial>& trials) const override;
  size_t places() const override { return slots_.size(); }

  bool start(bool more_may_come) override;
  void no_more_comes() override { more_may_come_ = false; }
  Progress train_until(Clock::time_point until) override;
  void join() override {}

  std::vector<run::Shortage> shortages() override;
  std::vector<std::string> metrics() const override { return trials_.metrics(); }
  store::Batch take_batch() override;
  void written(bool has_snapshots, double seconds) override;
  store::Cost cost() override;

  bool has_interrupted() const override { return is_interrupted_; }
  std::string failure() const override { return failure_; }
  std::string shortage() const override { return shortage_; }
  bool end_study(const run::SearchDirector* director, const store::Cost& cost,
                 const std::function<bool()>& goes_on) override;
  void close(bool is_over) override;

 private:
  // A trial is another worker's by now.
  void leave(int number);
  bool names_some_of(const std::filesystem::path& folder);
  size_t places_needed();
  bool has_given_up() const;
  bool is_stopping();
  size_t running() const;
  void fill_slots();
  void start(ProgramSlot& slot);
  void wait_for_files(ProgramTrial trial, const std::string& why);
  void wait_until(Clock::time_point until);
  void look_at(ProgramSlot& slot);
  void end(ProgramSlot& slot);

  store::StudyStore& store_;
  const ProgramOptions& options_;
  std::atomic<bool>& pause_;
  const store::StudyRecord record_;
  const study::Settings settings_;
  const uint64_t open_files_ = raise_open_files();  // of the programs
  const ArgumentTemplate arguments_;
  std::optional<MetricPattern> pattern_;
  const StudyFiles files_;
  Checkpoints checkpoints_;
  ProgramTrials trials_;
  std::vector<ProgramSlot> slots_;
  const bool is_alone_;
  bool more_may_come_ = false;  // from other workers
  bool has_news_ = false;       // a place has become free
  bool is_interrupted_ = false;
  bool has_worked_before_ = false;  // some training of an earlier call has not failed
  std::string failure_;             // that it gives up for,
  std::string shortage_;            // for which no further trial can begin; empty: none
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_keep_ = start_;
  double busy_seconds_ = 0;
};

}  // namespace sweetspot::programs
