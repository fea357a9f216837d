// The optimizers' updates over a stretch of weights, each lane by its own rule.
#if defined(SWEETSPOT_TRAIN_KERNELS_UPDATE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_UPDATE_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_UPDATE_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_UPDATE_INL_HPP
#endif

#include <array>
#include <vector>

#include "train/kernels/vector-inl.hpp"
#include "train/optimizers/list.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// The lanes of a block that share a rule, and its constants for this step.
struct LaneUpdate {
  int optimizer = 0;  // index into optimizers()
  bool all_lanes = false;
  alignas(32) std::array<float, kLanes> member{};  // 1 where the lane takes part
  alignas(32) std::array<std::array<float, kLanes>, kOptimizerCoefficients> coefficients{};
};

struct WeightStretch {
  float* weights;
  std::array<float*, kOptimizerSlots> slots;
  const float* gradients;
  size_t vectors;
};

template <class Rule, bool kAllLanes>
HWY_INLINE void update_stretch(const LaneUpdate& update, const WeightStretch& stretch) {
  LaneVector coefficients[kOptimizerCoefficients];
  for (int i = 0; i < kOptimizerCoefficients; ++i) {
    coefficients[i] = load(update.coefficients[static_cast<size_t>(i)].data());
  }
  const auto member = hn::Gt(load(update.member.data()), hn::Zero(kLaneTag));
  for (size_t i = 0; i < stretch.vectors * kLanes; i += kLanes) {
    const LaneVector old_weight = load(stretch.weights + i);
    const LaneVector old_first = load(stretch.slots[0] + i);
    const LaneVector old_second = load(stretch.slots[1] + i);
    LaneVector weight = old_weight;
    LaneVector first = old_first;
    LaneVector second = old_second;
    Rule::update(coefficients, load(stretch.gradients + i), weight, first, second);
    if constexpr (!kAllLanes) {
      weight = hn::IfThenElse(member, weight, old_weight);
      first = hn::IfThenElse(member, first, old_first);
      second = hn::IfThenElse(member, second, old_second);
    }
    store(weight, stretch.weights + i);
    store(first, stretch.slots[0] + i);
    store(second, stretch.slots[1] + i);
  }
}

HWY_INLINE void update_weights(const std::vector<LaneUpdate>& updates,
                               const WeightStretch& stretch) {
  using Function = void (*)(const LaneUpdate&, const WeightStretch&);
#define SWEETSPOT_RULE(Optimizer)                                 \
  std::array<Function, 2>{update_stretch<Optimizer##Rule, false>, \
                          update_stretch<Optimizer##Rule, true>},
  constexpr std::array<Function, 2> kRules[] = {SWEETSPOT_FOR_EACH_OPTIMIZER(SWEETSPOT_RULE)};
#undef SWEETSPOT_RULE
  for (const LaneUpdate& update : updates) {
    kRules[update.optimizer][update.all_lanes ? 1 : 0](update, stretch);
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
