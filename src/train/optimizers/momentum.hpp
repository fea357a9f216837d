// Gradient descent with momentum (Polyak 1964), as tf.train.MomentumOptimizer and torch.optim.SGD
// do it, without Nesterov: v = momentum * v + g; w -= rate * v.
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_MOMENTUM_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_MOMENTUM_HPP

#include <cmath>

#include "train/optimizer.hpp"

namespace sweetspot::train {

struct Momentum : OptimizerDefaults {
  static constexpr std::string_view kName = "momentum";
  static constexpr std::array<OptimizerNumber, 1> kNumbers = {{{"momentum", 0.5, 0.5, 0, 1}}};
  static constexpr UsualRates kUsualRates = {0.01, 0.3};
  static constexpr int kSlots = 1;

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    return {static_cast<float>(step.learning_rate), static_cast<float>(step.numbers[0])};
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_MOMENTUM_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_MOMENTUM_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_MOMENTUM_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_MOMENTUM_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct MomentumRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots) {
    V& velocity = slots[0];
    velocity = hn::MulAdd(c[1], velocity, gradient);
    weight = hn::NegMulAdd(c[0], velocity, weight);
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
