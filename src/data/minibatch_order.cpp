#include "data/minibatch_order.hpp"

#include <numeric>
#include <utility>

#include "base/random.hpp"

namespace sweetspot::data {

__extension__ using UInt128 = unsigned __int128;

std::vector<uint32_t> epoch_permutation(uint64_t seed, uint32_t epoch, uint32_t count) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  for (uint32_t i = count; i > 1; --i) {
    const auto words = random_words(seed, Purpose::minibatch_order, 0, epoch, i);
    const uint64_t random = (static_cast<uint64_t>(words[0]) << 32) | words[1];
    const auto below = static_cast<uint32_t>((static_cast<UInt128>(random) * i) >> 64);
    std::swap(order[i - 1], order[below]);
  }
  return order;
}

MinibatchOrder::MinibatchOrder(uint32_t count, uint32_t batch_size)
    : count_(count), batch_size_(batch_size) {}

std::span<const uint32_t> MinibatchOrder::batch(
    uint64_t seed, uint64_t step, std::shared_ptr<const std::vector<uint32_t>>& keep) {
  const auto epoch = static_cast<uint32_t>(step / steps_per_epoch());
  const size_t first = step % steps_per_epoch() * batch_size_;
  {
    const Lock lock(mutex_);
    std::weak_ptr<const Permutation>& known = epochs_[{seed, epoch}];
    std::shared_ptr<const Permutation> permutation = known.lock();
    if (permutation == nullptr) {
      std::erase_if(epochs_, [&](const auto& entry) {
        return &entry.second != &known && entry.second.expired();
      });
      permutation = std::make_shared<const Permutation>(epoch_permutation(seed, epoch, count_));
      known = permutation;
    }
    keep = std::move(permutation);
  }
  return std::span(*keep).subspan(first, batch_size_);
}

}  // namespace sweetspot::data
