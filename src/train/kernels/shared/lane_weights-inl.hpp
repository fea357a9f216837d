// The weights of a block's trials and what their optimizers keep of them, one trial a lane, in the
// kernels' storage order.
#if defined(SWEETSPOT_TRAIN_KERNELS_SHARED_LANE_WEIGHTS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_SHARED_LANE_WEIGHTS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_SHARED_LANE_WEIGHTS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_SHARED_LANE_WEIGHTS_INL_HPP
#endif

#include <array>
#include <vector>

#include "base/aligned_buffer.hpp"
#include "sweetspot/error.hpp"
#include "train/kernels/shared/update-inl.hpp"
#include "train/lane_block.hpp"
#include "train/parameter_layout.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

class LaneWeights {
 public:
  // `layout` must outlive the object.
  explicit LaneWeights(const ParameterLayout& layout)
      : layout_(layout), weights_(layout.storage_size() * kLanes) {}

  const float* at(size_t place) const { return weights_.data() + place * kLanes; }

  // From and to canonical order, with the first `slots` slots. Throws Error (study) for a state of
  // another network or optimizer.
  void write(size_t lane, const LaneState& state, int slots) {
    copy_in(lane, state.weights, weights_);
    for (size_t slot = 0; slot < static_cast<size_t>(slots); ++slot) {
      if (slots_[slot].size() == 0) slots_[slot] = AlignedBuffer<float>(weights_.size());
      copy_in(lane, state.slots[slot], slots_[slot]);
    }
  }
  void read(size_t lane, LaneState& state, int slots) const {
    state.weights = copy_out(lane, weights_);
    for (size_t slot = 0; slot < static_cast<size_t>(slots); ++slot) {
      state.slots[slot] = copy_out(lane, slots_[slot]);
    }
  }
  void clear(size_t lane) {
    const std::vector<float> zeros(layout_.weight_count());
    copy_in(lane, zeros, weights_);
    for (AlignedBuffer<float>& slot : slots_) {
      if (slot.size() > 0) copy_in(lane, zeros, slot);
    }
  }

  // Updates `vectors` weights from `place` on.
  void update(std::vector<LaneUpdate>& updates, size_t place, const float* gradients,
              size_t vectors) {
    for (LaneUpdate& one : updates) update_weights(one, stretch(place, gradients, vectors));
  }
  void update_again(LaneUpdate& update) {
    update_weights_again(update, stretch(0, nullptr, layout_.storage_size()));
  }

  // Changes a lane's weights for a slot's, and back.
  void swap_with_slot(size_t lane, int slot) {
    float* other = slots_[static_cast<size_t>(slot)].data();
    for (size_t i = lane; i < weights_.size(); i += kLanes) std::swap(weights_.data()[i], other[i]);
  }

  double bytes() const {
    double total = static_cast<double>(weights_.size());
    for (const AlignedBuffer<float>& slot : slots_) total += static_cast<double>(slot.size());
    return 4.0 * total;
  }

 private:
  WeightStretch stretch(size_t place, const float* gradients, size_t vectors) {
    const size_t offset = place * kLanes;
    WeightStretch stretch = {weights_.data() + offset, {}, gradients, vectors};
    for (size_t slot = 0; slot < kOptimizerSlots; ++slot) {
      if (slots_[slot].size() > 0) stretch.slots[slot] = slots_[slot].data() + offset;
    }
    return stretch;
  }

  void copy_in(size_t lane, const std::vector<float>& from, AlignedBuffer<float>& to) {
    if (from.size() != layout_.weight_count()) {
      throw Error(ErrorKind::study, "a snapshot is of another network");
    }
    const std::vector<uint32_t>& canonical_of = layout_.canonical_of();
    for (size_t i = 0; i < canonical_of.size(); ++i) {
      if (canonical_of[i] != ParameterLayout::kNoWeight) {
        to[i * kLanes + lane] = from[canonical_of[i]];
      }
    }
  }

  std::vector<float> copy_out(size_t lane, const AlignedBuffer<float>& from) const {
    const std::vector<uint32_t>& canonical_of = layout_.canonical_of();
    std::vector<float> to(layout_.weight_count());
    for (size_t i = 0; i < canonical_of.size(); ++i) {
      if (canonical_of[i] != ParameterLayout::kNoWeight) {
        to[canonical_of[i]] = from[i * kLanes + lane];
      }
    }
    return to;
  }

  const ParameterLayout& layout_;
  AlignedBuffer<float> weights_;
  std::array<AlignedBuffer<float>, kOptimizerSlots> slots_;
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
