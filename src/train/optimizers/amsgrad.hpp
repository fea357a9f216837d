// AMSGrad (Reddi, Kale and Kumar, ICLR 2018): Adam, divided by the root of the largest second
// moment so far. With Adam's bias corrections, as torch.optim.Adam(amsgrad=True) and Keras do it;
// epsilon as in adam.hpp.
#ifndef SWEETSPOT_TRAIN_OPTIMIZERS_AMSGRAD_HPP
#define SWEETSPOT_TRAIN_OPTIMIZERS_AMSGRAD_HPP

#include "train/optimizer.hpp"
#include "train/optimizers/adam.hpp"

namespace sweetspot::train {

struct AmsGrad : OptimizerDefaults {
  static constexpr std::string_view kName = "amsgrad";
  static constexpr std::array<OptimizerNumber, 3> kNumbers = Adam::kNumbers;
  static constexpr UsualRates kUsualRates = {1e-4, 0.03};
  static constexpr int kSlots = 3;

  static OptimizerCoefficients coefficients(const OptimizerStep& step) {
    return Adam::coefficients(step);
  }
};

}  // namespace sweetspot::train
#endif

#if defined(SWEETSPOT_COMPILING_KERNELS) && \
    defined(SWEETSPOT_TRAIN_OPTIMIZERS_AMSGRAD_RULE) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_OPTIMIZERS_AMSGRAD_RULE
#undef SWEETSPOT_TRAIN_OPTIMIZERS_AMSGRAD_RULE
#else
#define SWEETSPOT_TRAIN_OPTIMIZERS_AMSGRAD_RULE
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct AmsGradRule {
  template <class V>
  static HWY_INLINE void update(const V (&c)[kOptimizerCoefficients], V gradient, V& weight,
                                V* slots) {
    V& mean = slots[0];
    V& squares = slots[1];
    V& largest = slots[2];
    mean = hn::MulAdd(c[1], hn::Sub(gradient, mean), mean);
    squares = hn::MulAdd(c[2], hn::Sub(hn::Mul(gradient, gradient), squares), squares);
    // A moment that is not finite must stay so: max() alone would drop a NaN.
    largest = hn::MulAdd(squares, hn::Zero(hn::DFromV<V>()), hn::Max(largest, squares));
    weight = hn::Sub(weight, hn::Div(hn::Mul(c[0], mean), hn::Add(hn::Sqrt(largest), c[3])));
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
