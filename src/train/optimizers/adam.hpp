// Adam (Kingma and Ba, arXiv 1412.6980) with the bias correction folded into the step size, as in
// the end of its section 2: w -= rate sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon).
// TensorFlow 1 leaves epsilon uncorrected; PyTorch adds it to the corrected root, which is the
// same as scaling it by sqrt(1 - beta2^t).
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_ADAM_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_ADAM_HPP

#include <cmath>

#include "train/optimizer.hpp"

namespace sweetspot::train {

struct Adam : OptimizerDefaults {
  static constexpr std::string_view kName = "adam";
  static constexpr std::array<OptimizerNumber, 3> kNumbers = {
      {{"beta1", 0.9, 0.9, 0, 1}, {"beta2", 0.999, 0.999, 0, 1}, {"epsilon", 1e-8, 1e-8, 0, 10}}};
  static constexpr UsualRates kUsualRates = {1e-4, 0.03};
  static constexpr int kSlots = 2;

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    const double correction = std::sqrt(1 - step.powers[1]);
    const double rate = step.learning_rate * correction / (1 - step.powers[0]);
    const double epsilon =
        step.semantics == Semantics::tensorflow ? step.numbers[2] : step.numbers[2] * correction;
    return {static_cast<float>(rate), static_cast<float>(1 - step.numbers[0]),
            static_cast<float>(1 - step.numbers[1]), static_cast<float>(epsilon)};
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_ADAM_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_ADAM_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_ADAM_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_ADAM_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct AdamRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots) {
    V& mean = slots[0];
    V& squares = slots[1];
    mean = hn::MulAdd(c[1], hn::Sub(gradient, mean), mean);
    squares = hn::MulAdd(c[2], hn::Sub(hn::Mul(gradient, gradient), squares), squares);
    weight = hn::Sub(weight, hn::Div(hn::Mul(c[0], mean), hn::Add(hn::Sqrt(squares), c[3])));
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
