// RMSProp (Tieleman and Hinton, 2012). TensorFlow 1: s += (1 - decay)(g^2 - s), from 1;
// v = momentum v + rate g / sqrt(s + epsilon); w -= v. PyTorch: s from 0, epsilon outside the
// root, and the rate outside the velocity.
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_RMSPROP_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_RMSPROP_HPP

#include <cmath>

#include "train/optimizer.hpp"

namespace sweetspot::train {

struct RmsProp : OptimizerDefaults {
  static constexpr std::string_view kName = "rmsprop";
  static constexpr std::array<OptimizerNumber, 3> kNumbers = {
      {{"decay", 0.9, 0.99, 0, 1}, {"momentum", 0.0, 0.0, 0, 1}, {"epsilon", 1e-10, 1e-8, 0, 10}}};
  static constexpr UsualRates kUsualRates = {1e-4, 0.03};
  static constexpr int kSlots = 2;

  static std::array<float, kOptimizerSlots> initial_slots(std::span<const double>,
                                                          Semantics semantics) {
    return {semantics == Semantics::tensorflow ? 1.0F : 0.0F, 0};
  }

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    const bool tensorflow = step.semantics == Semantics::tensorflow;
    const auto rate = static_cast<float>(step.learning_rate);
    const auto epsilon = static_cast<float>(step.numbers[2]);
    return {tensorflow ? rate : 1.0F,
            tensorflow ? 1.0F : rate,
            static_cast<float>(1 - step.numbers[0]),
            static_cast<float>(step.numbers[1]),
            tensorflow ? epsilon : 0.0F,
            tensorflow ? 0.0F : epsilon};
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_RMSPROP_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_RMSPROP_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_RMSPROP_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_RMSPROP_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct RmsPropRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots) {
    V& squares = slots[0];
    V& velocity = slots[1];
    squares = hn::MulAdd(c[2], hn::Sub(hn::Mul(gradient, gradient), squares), squares);
    const V scale = hn::Add(hn::Sqrt(hn::Add(squares, c[4])), c[5]);
    velocity = hn::MulAdd(c[3], velocity, hn::Div(hn::Mul(c[0], gradient), scale));
    weight = hn::NegMulAdd(c[1], velocity, weight);
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
