// Prodigy (Mishchenko and Defazio, arXiv 2306.06101, algorithm 4): D-Adaptation whose estimate
// weighs its terms by d itself, so that it grows faster. beta3 is the root of beta2, as in the
// authors' prodigy.py. A learning rate multiplies d; 1 is untuned.
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_PRODIGY_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_PRODIGY_HPP

#include <algorithm>
#include <cmath>

#include "train/optimizer.hpp"
#include "train/optimizers/dadapt_adam.hpp"

namespace sweetspot::train {

struct Prodigy : OptimizerDefaults {
  static constexpr std::string_view kName = "prodigy";
  static constexpr std::array<OptimizerNumber, 4> kNumbers = DAdaptAdam::kNumbers;
  static constexpr UsualRates kUsualRates = {0.3, 3};
  static constexpr double kUntunedRate = 1;
  static constexpr int kSlots = 4;
  static constexpr bool kHasSums = true;

  static std::array<float, kOptimizerSlots> initial_slots(std::span<const double>, Semantics) {
    return {0, 0, 0, kStartsAtWeight};
  }
  // d, and the numerator of its estimate.
  static std::vector<double> initial_scalars(std::span<const double> numbers) {
    return {numbers[3], 0};
  }

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    const double d = step.scalars[0];
    const double rate = d * step.learning_rate;
    return {static_cast<float>(step.numbers[0]),
            static_cast<float>(d * (1 - step.numbers[0])),
            static_cast<float>(step.numbers[1]),
            static_cast<float>(d * d * (1 - step.numbers[1])),
            static_cast<float>(std::sqrt(step.numbers[1])),
            static_cast<float>(d / step.numbers[3] * rate),
            static_cast<float>(rate),
            static_cast<float>(d * step.numbers[2])};
  }

  static OptimizerCoefficients after_sums(const OptimizerStep& step, const OptimizerSums& sums) {
    double& d = step.scalars[0];
    double& numerator = step.scalars[1];
    const double share = d / step.numbers[3] * d * step.learning_rate;
    numerator = std::sqrt(step.numbers[1]) * numerator + share * sums[0];
    if (sums[1] > 0) d = std::max(d, numerator / sums[1]);
    return {};
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_PRODIGY_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_PRODIGY_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_PRODIGY_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_PRODIGY_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct ProdigyRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots, V* sums) {
    V& mean = slots[0];
    V& squares = slots[1];
    V& weighted = slots[2];
    const V start = slots[3];
    sums[0] = hn::MulAdd(gradient, hn::Sub(start, weight), sums[0]);
    mean = hn::MulAdd(c[0], mean, hn::Mul(c[1], gradient));
    squares = hn::MulAdd(c[2], squares, hn::Mul(c[3], hn::Mul(gradient, gradient)));
    // An infinite moment would stop the weight, and a diverged trial look like one that is stuck.
    squares = hn::MulAdd(squares, hn::Zero(hn::DFromV<V>()), squares);
    weighted = hn::MulAdd(c[4], weighted, hn::Mul(c[5], gradient));
    sums[1] = hn::Add(sums[1], hn::Abs(weighted));
    weight = hn::Sub(weight, hn::Div(hn::Mul(c[6], mean), hn::Add(hn::Sqrt(squares), c[7])));
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
