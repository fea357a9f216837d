// What the cohorts of a PopulationTrainer train, and what becomes of it. Thread-safety: every
// member function may be called from any thread.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <vector>

#include "base/mutex.hpp"
#include "sweetspot/population.hpp"
#include "train/cohort.hpp"

namespace sweetspot {

class PopulationHost final : public train::CohortHost {
 public:
  // All must outlive the host.
  PopulationHost(const PopulationOptions& options, std::vector<train::CohortTrial> trials,
                 const std::function<bool(const TrainingCheck&)>& on_check);

  // Ends all; the first error stays.
  void give_up(std::exception_ptr error);
  // Throws what was given up for.
  std::vector<Training> take();

  std::optional<train::CohortTrial> next_trial(size_t network) override;
  train::AfterCheck check(const train::CohortCheck& check) override;
  void diverged(const train::CohortCheck& last) override;
  void snapshot(int number, const train::TrialSnapshot& snapshot) override;
  double snapshot_write_seconds() override { return 0; }
  bool pause_requested() override { return stop_.load(); }

 private:
  TrainingCheck add(const train::CohortCheck& check) REQUIRES(mutex_);
  std::optional<study::Outcome> outcome_at(const TrainingCheck& check);
  double metric_of(const TrainingCheck& check) const;

  const PopulationOptions& options_;
  const std::function<bool(const TrainingCheck&)>& on_check_;
  Mutex mutex_;
  std::vector<train::CohortTrial> trials_ GUARDED_BY(mutex_);
  size_t next_ GUARDED_BY(mutex_) = 0;
  std::vector<Training> trainings_ GUARDED_BY(mutex_);
  std::exception_ptr error_ GUARDED_BY(mutex_);
  std::atomic<bool> stop_{false};
};

}  // namespace sweetspot
