// Lion (Chen et al., arXiv 2302.06675, algorithm 2): w -= rate (sign(beta1 m + (1 - beta1) g) +
// weight_decay w); m = beta2 m + (1 - beta2) g. The sign of zero is zero.
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_LION_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_LION_HPP

#include "train/optimizer.hpp"

namespace sweetspot::train {

struct Lion : OptimizerDefaults {
  static constexpr std::string_view kName = "lion";
  static constexpr std::array<OptimizerNumber, 3> kNumbers = {
      {{"beta1", 0.9, 0.9, 0, 1}, {"beta2", 0.99, 0.99, 0, 1}, {"weight_decay", 0, 0, 0, 10}}};
  static constexpr UsualRates kUsualRates = {1e-4, 3e-3};
  static constexpr int kSlots = 1;

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    return {static_cast<float>(step.learning_rate), static_cast<float>(1 - step.numbers[0]),
            static_cast<float>(1 - step.numbers[1]),
            static_cast<float>(1 - step.learning_rate * step.numbers[2])};
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_LION_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_LION_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_LION_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_LION_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct LionRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots) {
    V& mean = slots[0];
    const V zero = hn::Zero(hn::DFromV<V>());
    const V direction = hn::MulAdd(c[1], hn::Sub(gradient, mean), mean);
    const V step = hn::IfThenZeroElse(hn::Eq(direction, zero), hn::CopySign(c[0], direction));
    // A gradient that is not finite must show; its sign alone would hide it.
    weight = hn::MulAdd(direction, zero, hn::Sub(hn::Mul(weight, c[3]), step));
    mean = hn::MulAdd(c[2], hn::Sub(gradient, mean), mean);
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
