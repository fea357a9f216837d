#include "cohorts/loss_curves.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <exception>
#include <memory>
#include <optional>
#include <thread>

#include "base/mutex.hpp"
#include "base/thread_time.hpp"
#include "data/minibatch_order.hpp"
#include "search/range_test/range_suggestions.hpp"

namespace sweetspot::cohorts {
namespace {

struct Lane {
  size_t job = 0;
  search::SmoothedLoss smoothed;
  std::shared_ptr<const std::vector<uint32_t>> epoch;
};

class Queue {
 public:
  Queue(const train::Network& network, const train::Images& images, int batch_size,
        std::span<const CurveJob> jobs, const std::function<void(uint64_t)>& on_step)
      : network_(network),
        images_(images),
        batch_size_(batch_size),
        jobs_(jobs),
        on_step_(on_step),
        order_(images.count(), static_cast<uint32_t>(batch_size)),
        curves_(jobs.size()) {}

  // A thread's work: jobs, a block of them at a time, until none is left.
  void work(size_t most_lanes) {
    const auto block = train::make_lane_block(network_, batch_size_, images_, most_lanes);
    Lanes lanes(block->lanes());
    while (true) {
      fill(*block, lanes);
      const auto busy = static_cast<uint64_t>(std::count_if(
          lanes.begin(), lanes.end(), [](const auto& lane) { return lane.has_value(); }));
      if (busy == 0) return;
      step(*block, lanes, busy);
      const Lock lock(mutex_);
      on_step_(busy);
    }
  }

  std::vector<LossCurve> take() { return std::move(curves_); }

 private:
  using Lanes = std::vector<std::optional<Lane>>;

  void fill(train::LaneBlock& block, Lanes& lanes) {
    for (size_t i = 0; i < lanes.size(); ++i) {
      if (lanes[i].has_value()) continue;
      const size_t job = next_.fetch_add(1);
      if (job >= jobs_.size()) return;
      lanes[i].emplace().job = job;
      block.start(i, jobs_[job].recipe);
    }
  }

  void step(train::LaneBlock& block, Lanes& lanes, uint64_t busy) {
    const double start = thread_seconds();
    train::LaneBatches batches;
    for (size_t i = 0; i < lanes.size(); ++i) {
      if (!lanes[i].has_value()) continue;
      const size_t job = lanes[i]->job;
      batches[i] =
          order_.batch(jobs_[job].recipe.seed, curves_[job].losses.size(), lanes[i]->epoch);
    }
    const auto results = block.step(batches);
    const double share = (thread_seconds() - start) / static_cast<double>(busy);
    for (size_t i = 0; i < lanes.size(); ++i) {
      if (!lanes[i].has_value()) continue;
      const CurveJob& job = jobs_[lanes[i]->job];
      LossCurve& curve = curves_[lanes[i]->job];
      curve.losses.push_back(results[i].loss);
      curve.compute_seconds += share;
      lanes[i]->smoothed.add(results[i].loss);
      if (curve.losses.size() >= job.steps || !std::isfinite(results[i].loss) ||
          (job.ends_at_divergence && lanes[i]->smoothed.diverged())) {
        block.stop(i);
        lanes[i].reset();
      }
    }
  }

  const train::Network& network_;
  const train::Images& images_;
  int batch_size_;
  std::span<const CurveJob> jobs_;
  const std::function<void(uint64_t)>& on_step_ GUARDED_BY(mutex_);
  data::MinibatchOrder order_;
  std::vector<LossCurve> curves_;  // each touched by the one thread that has its job
  std::atomic<size_t> next_{0};
  Mutex mutex_;
};

}  // namespace

std::vector<LossCurve> loss_curves(const train::Network& network, const train::Images& images,
                                   int batch_size, std::span<const CurveJob> jobs, int threads,
                                   const std::function<void(uint64_t steps)>& on_step) {
  Queue queue(network, images, batch_size, jobs, on_step);
  const auto most = static_cast<size_t>(threads);
  const size_t lanes = train::lanes_for(jobs.size(), most);
  const size_t count = std::min((jobs.size() + lanes - 1) / lanes, most);
  std::exception_ptr failure;
  Mutex failure_mutex;
  {
    std::vector<std::jthread> workers;
    for (size_t i = 0; i < count; ++i) {
      workers.emplace_back([&] {
        try {
          queue.work(lanes);
        } catch (...) {
          const Lock lock(failure_mutex);
          failure = std::current_exception();
        }
      });
    }
  }
  if (failure) std::rethrow_exception(failure);
  return queue.take();
}

}  // namespace sweetspot::cohorts
