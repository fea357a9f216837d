// The order in which a training sees its images: a fresh permutation without replacement in each
// epoch, keyed by seed and epoch alone. Thread-safety: MinibatchOrder may be shared by threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "base/mutex.hpp"

namespace sweetspot::data {

// A permutation of 0..count-1, keyed by (seed, epoch). Fisher-Yates with Lemire's multiply-shift
// bounded numbers (64-bit, so the bias is below count / 2^64).
std::vector<uint32_t> epoch_permutation(uint64_t seed, uint32_t epoch, uint32_t count);

// Minibatches of `batch_size` images out of `count`; the short last batch of an epoch is dropped.
class MinibatchOrder {
 public:
  // Requires 1 <= batch_size <= count.
  MinibatchOrder(uint32_t count, uint32_t batch_size);

  uint32_t batch_size() const { return batch_size_; }
  uint32_t steps_per_epoch() const { return count_ / batch_size_; }

  // The images of training step `step` (from 0) under `seed`. The span stays valid while `keep`,
  // which this call sets to the epoch that it lies in, is held.
  std::span<const uint32_t> batch(uint64_t seed, uint64_t step,
                                  std::shared_ptr<const std::vector<uint32_t>>& keep);

 private:
  using Permutation = std::vector<uint32_t>;

  uint32_t count_;
  uint32_t batch_size_;
  Mutex mutex_;
  std::map<std::pair<uint64_t, uint32_t>, std::weak_ptr<const Permutation>> epochs_
      GUARDED_BY(mutex_);
};

}  // namespace sweetspot::data
