// D-Adaptation of Adam (Defazio and Mishchenko, arXiv 2301.07733, algorithm 5, as in the authors'
// dadapt_adam.py): estimates the distance d to the solution from the correlation of gradients with
// their weighted sum s, and steps by it. A learning rate multiplies d; 1 is untuned.
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_DADAPT_ADAM_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_DADAPT_ADAM_HPP

#include <algorithm>
#include <cmath>

#include "train/optimizer.hpp"

namespace sweetspot::train {

struct DAdaptAdam : OptimizerDefaults {
  static constexpr std::string_view kName = "dadapt-adam";
  static constexpr std::array<OptimizerNumber, 4> kNumbers = {{{"beta1", 0.9, 0.9, 0, 1},
                                                               {"beta2", 0.999, 0.999, 0, 1},
                                                               {"epsilon", 1e-8, 1e-8, 1e-30, 10},
                                                               {"d0", 1e-6, 1e-6, 1e-12, 1}}};
  static constexpr UsualRates kUsualRates = {0.3, 3};
  static constexpr double kUntunedRate = 1;
  static constexpr int kSlots = 3;
  static constexpr bool kHasSums = true;

  // d, and the weighted numerator of its estimate.
  static std::vector<double> initial_scalars(std::span<const double> numbers) {
    return {numbers[3], 0};
  }

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    const double rate = step.scalars[0] * step.learning_rate;
    const double root = std::sqrt(step.numbers[1]);
    return {
        static_cast<float>(step.numbers[0]),     static_cast<float>(rate * (1 - step.numbers[0])),
        static_cast<float>(1 - step.numbers[1]), static_cast<float>(root),
        static_cast<float>(rate * (1 - root)),   static_cast<float>(step.numbers[2])};
  }

  static OptimizerCoefficients after_sums(const OptimizerStep& step, const OptimizerSums& sums) {
    double& d = step.scalars[0];
    double& numerator = step.scalars[1];
    const double root = std::sqrt(step.numbers[1]);
    numerator = root * numerator + (1 - root) * d * step.learning_rate * sums[0];
    if (sums[1] > 0) d = std::max(d, numerator / ((1 - root) * sums[1]));
    return {};
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_DADAPT_ADAM_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_DADAPT_ADAM_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_DADAPT_ADAM_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_DADAPT_ADAM_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct DAdaptAdamRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots, V* sums) {
    V& mean = slots[0];
    V& squares = slots[1];
    V& weighted = slots[2];
    sums[0] = hn::MulAdd(gradient, hn::Div(weighted, hn::Add(hn::Sqrt(squares), c[5])), sums[0]);
    mean = hn::MulAdd(c[0], mean, hn::Mul(c[1], gradient));
    squares = hn::MulAdd(c[2], hn::Sub(hn::Mul(gradient, gradient), squares), squares);
    weighted = hn::MulAdd(c[3], weighted, hn::Mul(c[4], gradient));
    sums[1] = hn::Add(sums[1], hn::Abs(weighted));
    weight = hn::Sub(weight, hn::Div(mean, hn::Add(hn::Sqrt(squares), c[5])));
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
