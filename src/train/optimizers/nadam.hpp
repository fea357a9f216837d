// Nadam (Dozat, ICLR workshop 2016), as torch.optim.NAdam: Adam with Nesterov's momentum, whose
// schedule is mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2);
// w -= rate [(1 - mu_t) / (1 - prod mu) g + mu_t+1 / (1 - mu_t+1 prod mu) m] / (root of v +
// epsilon).
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_NADAM_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_NADAM_HPP

#include <cmath>

#include "base/portable_math.hpp"
#include "train/optimizer.hpp"

namespace sweetspot::train {

struct Nadam : OptimizerDefaults {
  static constexpr std::string_view kName = "nadam";
  static constexpr std::array<OptimizerNumber, 4> kNumbers = {
      {{"beta1", 0.9, 0.9, 0, 1},
       {"beta2", 0.999, 0.999, 0, 1},
       {"epsilon", 1e-8, 1e-8, 0, 10},
       {"momentum_decay", 4e-3, 4e-3, 0, 10}}};
  static constexpr UsualRates kUsualRates = {1e-4, 0.03};
  static constexpr int kSlots = 2;

  // The product of all momenta so far.
  static std::vector<double> initial_scalars(std::span<const double>) { return {1}; }

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    const double now = momentum(step, static_cast<double>(step.step));
    const double next = momentum(step, static_cast<double>(step.step + 1));
    double& product = step.scalars[0];
    product *= now;
    const double correction = std::sqrt(1 - step.powers[1]);
    const double rate = step.learning_rate * correction;
    const double epsilon =
        step.semantics == Semantics::tensorflow ? step.numbers[2] : step.numbers[2] * correction;
    return {static_cast<float>(rate * (1 - now) / (1 - product)),
            static_cast<float>(rate * next / (1 - product * next)),
            static_cast<float>(1 - step.numbers[0]), static_cast<float>(1 - step.numbers[1]),
            static_cast<float>(epsilon)};
  }

 private:
  static double momentum(const OptimizerStep& step, double t) {
    return step.numbers[0] * (1 - portable_exp(portable_log(0.96) * t * step.numbers[3]) / 2);
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_NADAM_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_NADAM_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_NADAM_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_NADAM_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct NadamRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots) {
    V& mean = slots[0];
    V& squares = slots[1];
    mean = hn::MulAdd(c[2], hn::Sub(gradient, mean), mean);
    squares = hn::MulAdd(c[3], hn::Sub(hn::Mul(gradient, gradient), squares), squares);
    const V change = hn::MulAdd(c[0], gradient, hn::Mul(c[1], mean));
    weight = hn::Sub(weight, hn::Div(change, hn::Add(hn::Sqrt(squares), c[4])));
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
