// The executor of the native trainer: threads that step cohorts of lanes.
// Thread-safety: as run::Executor; it has threads of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "cohorts/cohort_pool.hpp"
#include "cohorts/trial_host.hpp"
#include "run/executor.hpp"
#include "sweetspot/image_set.hpp"

namespace sweetspot::cohorts {

class CohortExecutor final : public run::Executor {
 public:
  // All that is passed by reference must outlive the object.
  CohortExecutor(store::StudyStore& store, const data::ImageSet& set, size_t threads, size_t lanes,
                 std::atomic<bool>& pause);

  trials::Ledger& ledger() override { return host_; }
  double proxy_ratio() const override { return pool_.proxy_ratio(); }
  std::vector<size_t> admission_order(const std::vector<study::Trial>& trials) const override;
  size_t places() const override { return threads_ * lanes_; }

  bool start(bool more_may_come) override;
  void no_more_comes() override { host_.stop_waiting(); }
  Progress train_until(Clock::time_point until) override;
  void join() override;

  std::vector<run::Shortage> shortages() override { return pool_.shortages(); }
  std::vector<std::string> metrics() const override { return study_metrics(); }
  store::Batch take_batch() override { return host_.take_batch(); }
  void written(bool has_snapshots, double seconds) override;
  store::Cost cost() override;

  bool has_interrupted() const override { return false; }
  bool end_study(const run::SearchDirector* director, const store::Cost& cost,
                 const std::function<bool()>& goes_on) override;
  void close(bool) override {}

 private:
  // Of a size study: what a step of each network takes.
  bool measure_networks(const std::function<bool()>& goes_on);

  store::StudyStore& store_;
  const data::ImageSet& set_;
  const size_t threads_;
  const size_t lanes_;  // of a cohort
  const study::Settings settings_;
  const std::vector<double> scales_;
  TrialHost host_;
  CohortPool pool_;  // after what its threads' host asks for trials
  bool has_ended_ = false;
  Clock::time_point start_;
};

}  // namespace sweetspot::cohorts
