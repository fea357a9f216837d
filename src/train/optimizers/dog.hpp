// DoG, distance over gradients (Ivgi, Hinder and Carmon, arXiv 2302.12022): gradient descent whose
// rate is the largest distance from the start so far over the root of the sum of squared gradient
// norms. The network is judged by the polynomial-decay average of its weights (Shamir and Zhang,
// ICML 2013, gamma 8), as the paper does. A learning rate multiplies the paper's; 1 is untuned.
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_DOG_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_DOG_HPP

#include <algorithm>
#include <cmath>
#include <limits>

#include "train/optimizer.hpp"

namespace sweetspot::train {

struct Dog : OptimizerDefaults {
  static constexpr std::string_view kName = "dog";
  static constexpr std::array<OptimizerNumber, 3> kNumbers = {{{"first_step", 1e-6, 1e-6, 1e-12, 1},
                                                               {"epsilon", 1e-8, 1e-8, 0, 1},
                                                               {"gamma", 8, 8, 0, 1000}}};
  static constexpr UsualRates kUsualRates = {0.3, 3};
  static constexpr double kUntunedRate = 1;
  static constexpr int kSlots = 3;  // the start, the average, the gradient between the passes
  static constexpr int kEvaluatedSlot = 1;
  static constexpr bool kHasSums = true;
  static constexpr bool kHasSecondPass = true;

  static std::array<float, kOptimizerSlots> initial_slots(std::span<const double>, Semantics) {
    return {kStartsAtWeight, kStartsAtWeight, 0};
  }
  // The largest distance from the start, and the sum of squared gradient norms.
  static std::vector<double> initial_scalars(std::span<const double>) { return {0, 0}; }

  static OptimizerCoefficients coefficients(const OptimizerStep&) { return {}; }

  static OptimizerCoefficients after_sums(const OptimizerStep& step, const OptimizerSums& sums) {
    double& distance = step.scalars[0];
    double& squares = step.scalars[1];
    // Of the very first step there is no distance: a small share of the start's own size.
    if (step.step == 1) distance = step.numbers[0] * (1 + std::sqrt(sums[2]));
    distance = std::max(distance, std::sqrt(sums[1]));
    squares += sums[0];
    const double rate = step.learning_rate * distance / std::sqrt(squares + step.numbers[1]);
    // An infinite sum would make the rate zero, and a diverged trial look like one that is stuck.
    const bool finite = std::isfinite(squares) && std::isfinite(distance);
    const double gamma = step.numbers[2];
    return {finite ? static_cast<float>(rate) : std::numeric_limits<float>::quiet_NaN(),
            static_cast<float>((gamma + 1) / (gamma + static_cast<double>(step.step)))};
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_DOG_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_DOG_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_DOG_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_DOG_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct DogRule {
  template <class V>
  static HWY_INLINE void update(const V (&)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots, V* sums) {
    const V start = slots[0];
    const V moved = hn::Sub(weight, start);
    sums[0] = hn::MulAdd(gradient, gradient, sums[0]);
    sums[1] = hn::MulAdd(moved, moved, sums[1]);
    sums[2] = hn::MulAdd(start, start, sums[2]);
    slots[2] = gradient;
  }

  template <class V>
  static HWY_INLINE void second_pass(const V (&c)[kOptimizerCoefficients], V& weight, V* slots) {
    V& average = slots[1];
    weight = hn::NegMulAdd(c[0], slots[2], weight);
    average = hn::MulAdd(c[1], hn::Sub(weight, average), average);
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
