// Schedule-Free AdamW (Defazio et al., arXiv 2405.15682, and the authors' adamw_schedulefree.py):
// gradients are taken at y = (1 - beta1) z + beta1 x, z steps by Adam's second moment without a
// momentum, and x, by which the network is judged, is the average of all z weighted by the largest
// rate squared. It needs a learning rate, but no schedule.
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_SCHEDULE_FREE_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_SCHEDULE_FREE_HPP

#include <algorithm>
#include <cmath>

#include "train/optimizer.hpp"

namespace sweetspot::train {

struct ScheduleFree : OptimizerDefaults {
  static constexpr std::string_view kName = "schedule-free";
  static constexpr std::array<OptimizerNumber, 4> kNumbers = {{{"beta1", 0.9, 0.9, 0, 1},
                                                               {"beta2", 0.999, 0.999, 0, 1},
                                                               {"epsilon", 1e-8, 1e-8, 0, 10},
                                                               {"weight_decay", 0, 0, 0, 10}}};
  static constexpr UsualRates kUsualRates = {3e-4, 0.1};
  static constexpr double kUntunedRate = 0.0025;
  static constexpr int kSlots = 3;  // v, z, x; the weights are y
  static constexpr int kEvaluatedSlot = 2;

  static std::array<float, kOptimizerSlots> initial_slots(std::span<const double>, Semantics) {
    return {0, kStartsAtWeight, kStartsAtWeight};
  }
  // The largest rate, and the sum of the weights of the average.
  static std::vector<double> initial_scalars(std::span<const double>) { return {0, 0}; }

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    double& largest = step.scalars[0];
    double& total = step.scalars[1];
    largest = std::max(largest, step.learning_rate);
    total += largest * largest;
    const double share = total > 0 ? largest * largest / total : 0;
    const double correction = std::sqrt(1 - step.powers[1]);
    return {static_cast<float>(step.numbers[0]),
            static_cast<float>(1 - step.numbers[1]),
            static_cast<float>(step.numbers[2] * correction),
            static_cast<float>(step.learning_rate * correction),
            static_cast<float>(share),
            static_cast<float>(step.learning_rate * step.numbers[3])};
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_SCHEDULE_FREE_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_SCHEDULE_FREE_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_SCHEDULE_FREE_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_SCHEDULE_FREE_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct ScheduleFreeRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots) {
    V& squares = slots[0];
    V& z = slots[1];
    V& x = slots[2];
    squares = hn::MulAdd(c[1], hn::Sub(hn::Mul(gradient, gradient), squares), squares);
    const V step = hn::Div(hn::Mul(c[3], gradient), hn::Add(hn::Sqrt(squares), c[2]));
    z = hn::Sub(z, hn::MulAdd(c[5], weight, step));
    x = hn::MulAdd(c[4], hn::Sub(z, x), x);
    weight = hn::MulAdd(c[0], hn::Sub(x, z), z);
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
