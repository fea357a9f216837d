// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), as torch.optim.AdamW:
// the weight shrinks by rate * weight_decay of itself, then follows Adam (adam.hpp, whose epsilon
// it shares: uncorrected under TensorFlow's rules, corrected under PyTorch's).
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_ADAMW_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_ADAMW_HPP

#include "train/optimizer.hpp"
#include "train/optimizers/adam.hpp"

namespace sweetspot::train {

struct AdamW : OptimizerDefaults {
  static constexpr std::string_view kName = "adamw";
  static constexpr std::array<OptimizerNumber, 4> kNumbers = {
      {{"beta1", 0.9, 0.9, 0, 1},
       {"beta2", 0.999, 0.999, 0, 1},
       {"epsilon", 1e-8, 1e-8, 0, 10},
       {"weight_decay", 0.01, 0.01, 0, 10}}};
  static constexpr UsualRates kUsualRates = {1e-4, 0.03};
  static constexpr int kSlots = 2;

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    OptimizerCoefficients c = Adam::coefficients(step);
    c[4] = static_cast<float>(1 - step.learning_rate * step.numbers[3]);
    return c;
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_ADAMW_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_ADAMW_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_ADAMW_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_ADAMW_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct AdamWRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots) {
    weight = hn::Mul(weight, c[4]);
    AdamRule::update(c, gradient, weight, slots);
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
