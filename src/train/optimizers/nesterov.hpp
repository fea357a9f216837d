// Nesterov's accelerated gradient (Nesterov 1983), as Sutskever et al. (ICML 2013) write it for
// training, and as tf.train.MomentumOptimizer with use_nesterov and torch.optim.SGD with nesterov
// do it: v = momentum * v + g; w -= rate * (g + momentum * v).
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_NESTEROV_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_NESTEROV_HPP

#include "train/optimizer.hpp"

namespace sweetspot::train {

struct Nesterov : OptimizerDefaults {
  static constexpr std::string_view kName = "nesterov";
  static constexpr std::array<OptimizerNumber, 1> kNumbers = {{{"momentum", 0.9, 0.9, 0, 1}}};
  static constexpr UsualRates kUsualRates = {3e-3, 0.1};
  static constexpr int kSlots = 1;

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    return {static_cast<float>(step.learning_rate), static_cast<float>(step.numbers[0])};
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_NESTEROV_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_NESTEROV_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_NESTEROV_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_NESTEROV_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct NesterovRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots) {
    V& velocity = slots[0];
    velocity = hn::MulAdd(c[1], velocity, gradient);
    weight = hn::NegMulAdd(c[0], hn::MulAdd(c[1], velocity, gradient), weight);
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
