// The optimizers' updates over a stretch of weights, each lane by its own rule.
#if defined(SWEETSPOT_TRAIN_KERNELS_SHARED_UPDATE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_SHARED_UPDATE_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_SHARED_UPDATE_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_SHARED_UPDATE_INL_HPP
#endif

#include <algorithm>
#include <array>

#include "train/kernels/shared/vector-inl.hpp"
#include "train/optimizers/list.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// The lanes of a block that share a rule, and its constants for this step.
struct LaneUpdate {
  int optimizer = 0;  // index into optimizers()
  bool all_lanes = false;
  alignas(64) std::array<float, kLanes> member{};  // 1 where the lane takes part
  alignas(64) std::array<std::array<float, kLanes>, kOptimizerCoefficients> coefficients{};
  std::array<std::array<double, kLanes>, kOptimizerSums> sums{};  // over the weights so far
};

struct WeightStretch {
  float* weights;
  std::array<float*, kOptimizerSlots> slots;  // those that no rule at hand needs may be null
  const float* gradients;                     // null in a second pass
  size_t vectors;
};

// Calls rule(weight, slots, i) for each vector of the stretch, and keeps what it leaves for the
// lanes that take part.
template <int kSlots, bool kAllLanes, class Rule>
HWY_INLINE void update_each(const LaneUpdate& update, const WeightStretch& stretch, Rule&& rule) {
  const auto member = hn::Gt(load(update.member.data()), hn::Zero(kLaneTag));
  for (size_t i = 0; i < stretch.vectors * kLanes; i += kLanes) {
    const LaneVector old_weight = load(stretch.weights + i);
    LaneVector old_slots[kSlots + 1];
    LaneVector slots[kSlots + 1];
    unroll<kSlots>([&](auto slot) SWEETSPOT_INLINE_LAMBDA {
      old_slots[slot] = load(stretch.slots[slot] + i);
      slots[slot] = old_slots[slot];
    });
    LaneVector weight = old_weight;
    rule(weight, slots, i);
    if constexpr (!kAllLanes) {
      weight = hn::IfThenElse(member, weight, old_weight);
      unroll<kSlots>([&](auto slot) SWEETSPOT_INLINE_LAMBDA {
        slots[slot] = hn::IfThenElse(member, slots[slot], old_slots[slot]);
      });
    }
    store(weight, stretch.weights + i);
    unroll<kSlots>([&](auto slot)
                       SWEETSPOT_INLINE_LAMBDA { store(slots[slot], stretch.slots[slot] + i); });
  }
}

template <class Optimizer, class Rule, bool kAllLanes>
HWY_INLINE void update_stretch(LaneUpdate& update, const WeightStretch& stretch) {
  LaneVector c[kOptimizerCoefficients];
  for (int i = 0; i < kOptimizerCoefficients; ++i) {
    c[i] = load(update.coefficients[static_cast<size_t>(i)].data());
  }
  if constexpr (Optimizer::kHasSums) {
    LaneVector sums[kOptimizerSums];
    for (LaneVector& sum : sums) sum = hn::Zero(kLaneTag);
    update_each<Optimizer::kSlots, kAllLanes>(
        update, stretch,
        [&](LaneVector& weight, LaneVector* slots, size_t i) SWEETSPOT_INLINE_LAMBDA {
          Rule::update(c, load(stretch.gradients + i), weight, slots, sums);
        });
    for (size_t sum = 0; sum < kOptimizerSums; ++sum) {
      HWY_ALIGN float part[kLanes];
      store(sums[sum], part);
      for (size_t lane = 0; lane < kLanes; ++lane) update.sums[sum][lane] += double{part[lane]};
    }
  } else {
    update_each<Optimizer::kSlots, kAllLanes>(
        update, stretch,
        [&](LaneVector& weight, LaneVector* slots, size_t i) SWEETSPOT_INLINE_LAMBDA {
          Rule::update(c, load(stretch.gradients + i), weight, slots);
        });
  }
}

template <class Optimizer, class Rule, bool kAllLanes>
HWY_INLINE void pass_again(LaneUpdate& update, const WeightStretch& stretch) {
  if constexpr (Optimizer::kHasSecondPass) {
    LaneVector c[kOptimizerCoefficients];
    for (int i = 0; i < kOptimizerCoefficients; ++i) {
      c[i] = load(update.coefficients[static_cast<size_t>(i)].data());
    }
    update_each<Optimizer::kSlots, kAllLanes>(
        update, stretch,
        [&](LaneVector& weight, LaneVector* slots, size_t)
            SWEETSPOT_INLINE_LAMBDA { Rule::second_pass(c, weight, slots); });
  }
}

using UpdateFunction = void (*)(LaneUpdate&, const WeightStretch&);

// Sums of a stretch are taken in single precision: stretches are short.
constexpr size_t kMostStretch = 256;

HWY_INLINE void update_weights(LaneUpdate& update, WeightStretch stretch) {
#define SWEETSPOT_RULE(Optimizer)                                                  \
  std::array<UpdateFunction, 2>{update_stretch<Optimizer, Optimizer##Rule, false>, \
                                update_stretch<Optimizer, Optimizer##Rule, true>},
  constexpr std::array<UpdateFunction, 2> kRules[] = {SWEETSPOT_FOR_EACH_OPTIMIZER(SWEETSPOT_RULE)};
#undef SWEETSPOT_RULE
  const UpdateFunction function = kRules[update.optimizer][update.all_lanes ? 1 : 0];
  for (size_t left = stretch.vectors; left > 0; left -= stretch.vectors) {
    stretch.vectors = std::min(left, kMostStretch);
    function(update, stretch);
    const size_t step = stretch.vectors * kLanes;
    stretch.weights += step;
    stretch.gradients += step;
    for (float*& slot : stretch.slots) slot = slot == nullptr ? nullptr : slot + step;
  }
}

HWY_INLINE void update_weights_again(LaneUpdate& update, const WeightStretch& stretch) {
#define SWEETSPOT_RULE(Optimizer)                                              \
  std::array<UpdateFunction, 2>{pass_again<Optimizer, Optimizer##Rule, false>, \
                                pass_again<Optimizer, Optimizer##Rule, true>},
  constexpr std::array<UpdateFunction, 2> kRules[] = {SWEETSPOT_FOR_EACH_OPTIMIZER(SWEETSPOT_RULE)};
#undef SWEETSPOT_RULE
  kRules[update.optimizer][update.all_lanes ? 1 : 0](update, stretch);
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
