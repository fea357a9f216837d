#include "cohorts/network_queue.hpp"

namespace sweetspot::cohorts {

std::optional<size_t> NetworkQueue::take() {
  ++idle_;
  std::optional<size_t> network = take_waiting();
  while (!network.has_value() && host_.wait_for_trials()) network = take_waiting();
  --idle_;
  return network;
}

std::optional<size_t> NetworkQueue::take_waiting() {
  const Lock lock(mutex_);
  std::optional<size_t> best;
  for (size_t i = threads_.size(); i-- > 0;) {
    if (host_.waiting(i) > 0 && (!best.has_value() || threads_[i] < threads_[*best])) best = i;
  }
  if (best.has_value()) ++threads_[*best];
  return best;
}

void NetworkQueue::give_back(size_t network) {
  const Lock lock(mutex_);
  --threads_[network];
}

size_t NetworkQueue::threads(size_t network) {
  const Lock lock(mutex_);
  return static_cast<size_t>(threads_[network]);
}

}  // namespace sweetspot::cohorts
