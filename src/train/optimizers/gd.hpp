// Gradient descent: w -= rate * g.
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_GD_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_GD_HPP

#include <cmath>

#include "train/optimizer.hpp"

namespace sweetspot::train {

struct GradientDescent : OptimizerDefaults {
  static constexpr std::string_view kName = "gd";
  static constexpr std::array<OptimizerNumber, 0> kNumbers = {};
  static constexpr UsualRates kUsualRates = {0.02, 0.3};

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    return {static_cast<float>(step.learning_rate)};
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_GD_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_GD_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_GD_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_GD_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct GradientDescentRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight, V*) {
    weight = hn::NegMulAdd(c[0], gradient, weight);
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
