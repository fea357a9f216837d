// The threads that train a study's networks: each takes one with waiting trials, steps a cohort of
// it until none is left, and takes the next.
// Thread-safety: wake() may be called from any thread, all else from the one that made the pool.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <optional>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "cohorts/network_queue.hpp"
#include "cohorts/trial_host.hpp"
#include "data/minibatch_order.hpp"
#include "run/shared_study.hpp"
#include "study/settings.hpp"
#include "sweetspot/image_set.hpp"
#include "sweetspot/network.hpp"
#include "train/cohort.hpp"
#include "train/images.hpp"

namespace sweetspot::cohorts {

class CohortPool {
 public:
  // A network for each of `scales`, then the search's proxy, where it has one. All that is passed
  // by reference must outlive the object. A thread that fails sets `pause`, so that all end.
  CohortPool(const study::Settings& settings, const data::ImageSet& set,
             const std::vector<double>& scales, TrialHost& host, size_t lanes,
             std::atomic<bool>& pause);
  // Pauses what still trains, and waits for it.
  ~CohortPool();
  CohortPool(const CohortPool&) = delete;
  CohortPool& operator=(const CohortPool&) = delete;

  // Operations of a step of the study's network over those of its search's proxy; 1 without one.
  double proxy_ratio() const;
  // Places for trials, while threads run.
  size_t places() const { return threads_.size() * lanes_; }
  // Cohorts that the waiting trials would fill.
  size_t waiting_cohorts();
  // Lanes that stand idle, of a size study by its networks.
  std::vector<run::Shortage> shortages();

  // Before start(): it takes a second where there are many.
  void prepare_images();
  // Once.
  void start(size_t threads);
  // Until all threads have ended or wake() was called, but no longer than `most`. Whether all have
  // ended.
  bool wait_for(std::chrono::milliseconds most);
  void wake();
  // Since the last call.
  bool was_woken() { return is_woken_.exchange(false); }
  // After wait_for() has said that all threads have ended.
  void join();
  // Of the first thread that failed; null where none has. After join().
  std::exception_ptr error() const;
  double busy_lane_seconds() const;

 private:
  void train(train::CohortUse& use);

  const study::Settings& settings_;
  const data::ImageSet& set_;
  const std::vector<double>& scales_;
  TrialHost& host_;
  const size_t lanes_;  // of a cohort
  std::atomic<bool>& pause_;
  std::vector<train::Network> networks_;
  NetworkQueue queue_;

  // Those of the study's networks, then of the proxy.
  std::vector<train::Images> training_;
  std::vector<std::optional<train::Images>> validation_;
  std::optional<data::MinibatchOrder> minibatches_;

  Mutex mutex_;
  Condition changed_;
  std::atomic<bool> is_woken_{false};
  size_t running_ GUARDED_BY(mutex_) = 0;
  std::vector<std::thread> threads_;
  // Each is its thread's until that is joined.
  std::vector<std::exception_ptr> errors_;
  std::vector<train::CohortUse> uses_;
};

}  // namespace sweetspot::cohorts
