// Adagrad (Duchi, Hazan, Singer, JMLR 2011): a += g^2; w -= rate * g / (sqrt(a) + epsilon).
// TensorFlow 1 starts the accumulator at 0.1 and has no epsilon; PyTorch starts at 0 with 1e-10.
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_ADAGRAD_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_ADAGRAD_HPP

#include <cmath>

#include "train/optimizer.hpp"

namespace sweetspot::train {

struct Adagrad : OptimizerDefaults {
  static constexpr std::string_view kName = "adagrad";
  static constexpr std::array<OptimizerNumber, 2> kNumbers = {
      {{"initial_accumulator", 0.1, 0.0, 0, 1e30}, {"epsilon", 0.0, 1e-10, 0, 1}}};
  static constexpr UsualRates kUsualRates = {0.005, 0.2};
  static constexpr int kSlots = 1;

  static std::array<float, kOptimizerSlots> initial_slots(std::span<const double> numbers,
                                                          Semantics) {
    return {static_cast<float>(numbers[0]), 0};
  }

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    return {static_cast<float>(step.learning_rate), static_cast<float>(step.numbers[1])};
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_ADAGRAD_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_ADAGRAD_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_ADAGRAD_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_ADAGRAD_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct AdagradRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots) {
    V& accumulator = slots[0];
    accumulator = hn::MulAdd(gradient, gradient, accumulator);
    weight =
        hn::Sub(weight, hn::Div(hn::Mul(c[0], gradient), hn::Add(hn::Sqrt(accumulator), c[1])));
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
