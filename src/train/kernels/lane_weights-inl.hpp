// The weights of eight trials and what their optimizers keep of them, one trial a lane, in the
// kernels' storage order.
#if defined(SWEETSPOT_TRAIN_KERNELS_LANE_WEIGHTS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_LANE_WEIGHTS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_LANE_WEIGHTS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_LANE_WEIGHTS_INL_HPP
#endif

#include <array>
#include <vector>

#include "base/aligned_buffer.hpp"
#include "base/error.hpp"
#include "train/kernels/update-inl.hpp"
#include "train/lane_block.hpp"
#include "train/parameter_layout.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

class LaneWeights {
 public:
  // `layout` must outlive the object.
  explicit LaneWeights(const ParameterLayout& layout)
      : layout_(layout), weights_(layout.storage_size() * kLanes) {
    for (AlignedBuffer<float>& slot : slots_) slot = AlignedBuffer<float>(weights_.size());
  }

  const float* at(size_t place) const { return weights_.data() + place * kLanes; }

  // From and to canonical order. Throws Error (study) for a state of another network.
  void write(size_t lane, const LaneState& state) {
    copy_in(lane, state.weights, weights_);
    for (size_t slot = 0; slot < kOptimizerSlots; ++slot) {
      copy_in(lane, state.slots[slot], slots_[slot]);
    }
  }
  void read(size_t lane, LaneState& state) const {
    state.weights = copy_out(lane, weights_);
    for (size_t slot = 0; slot < kOptimizerSlots; ++slot) {
      state.slots[slot] = copy_out(lane, slots_[slot]);
    }
  }
  void clear(size_t lane) {
    LaneState zeros;
    zeros.weights.resize(layout_.weight_count());
    zeros.slots.fill(zeros.weights);
    write(lane, zeros);
  }

  // Updates `vectors` weights from `place` on.
  void update(const std::vector<LaneUpdate>& updates, size_t place, const float* gradients,
              size_t vectors) {
    const size_t offset = place * kLanes;
    update_weights(updates, {.weights = weights_.data() + offset,
                             .slots = {slots_[0].data() + offset, slots_[1].data() + offset},
                             .gradients = gradients,
                             .vectors = vectors});
  }

  double bytes() const {
    return 4.0 * (1 + kOptimizerSlots) * static_cast<double>(weights_.size());
  }

 private:
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
