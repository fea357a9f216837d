// Adadelta (Zeiler, arXiv 1212.5701), both frameworks by the same rule:
// s = rho s + (1 - rho) g^2; d = g sqrt(u + epsilon) / sqrt(s + epsilon);
// u = rho u + (1 - rho) d^2; w -= rate * d.
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_ADADELTA_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_ADADELTA_HPP

#include <cmath>

#include "train/optimizer.hpp"

namespace sweetspot::train {

struct Adadelta : OptimizerDefaults {
  static constexpr std::string_view kName = "adadelta";
  static constexpr std::array<OptimizerNumber, 2> kNumbers = {
      {{"rho", 0.95, 0.9, 0, 1}, {"epsilon", 1e-8, 1e-6, 1e-30, 1}}};
  static constexpr UsualRates kUsualRates = {0.3, 100};
  static constexpr int kSlots = 2;

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    return {static_cast<float>(step.learning_rate), static_cast<float>(step.numbers[0]),
            static_cast<float>(1 - step.numbers[0]), static_cast<float>(step.numbers[1])};
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_ADADELTA_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_ADADELTA_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_ADADELTA_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_ADADELTA_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct AdadeltaRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots) {
    V& squares = slots[0];
    V& changes = slots[1];
    squares = hn::MulAdd(c[1], squares, hn::Mul(c[2], hn::Mul(gradient, gradient)));
    const V change = hn::Mul(
        gradient, hn::Div(hn::Sqrt(hn::Add(changes, c[3])), hn::Sqrt(hn::Add(squares, c[3]))));
    changes = hn::MulAdd(c[1], changes, hn::Mul(c[2], hn::Mul(change, change)));
    weight = hn::NegMulAdd(c[0], change, weight);
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
