// Softmax cross-entropy of a batch, one trial a lane.
#if defined(SWEETSPOT_TRAIN_KERNELS_DENSE_SOFTMAX_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_DENSE_SOFTMAX_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_DENSE_SOFTMAX_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_DENSE_SOFTMAX_INL_HPP
#endif

#include <hwy/contrib/math/math-inl.h>

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// labels: the true class of each lane's image. Is the largest logit the label's (the first of
// equals wins)?
HWY_INLINE hn::Mask<LaneTag> is_correct(const float* HWY_RESTRICT logits, int classes,
                                        LaneIntVector labels) {
  LaneVector best = load(logits);
  auto best_class = hn::Zero(kLaneIntTag);
  for (int c = 1; c < classes; ++c) {
    const LaneVector logit = load(logits + c * kLanes);
    const auto better = hn::Gt(logit, best);
    best = hn::IfThenElse(better, logit, best);
    best_class =
        hn::IfThenElse(hn::RebindMask(kLaneIntTag, better), hn::Set(kLaneIntTag, c), best_class);
  }
  return hn::RebindMask(kLaneTag, hn::Eq(best_class, labels));
}

// The loss of one image; `gradients` get (softmax - one-hot) * scale. logits, gradients
// [class][lane].
HWY_INLINE LaneVector softmax_cross_entropy(const float* HWY_RESTRICT logits, int classes,
                                            LaneIntVector labels, LaneVector scale,
                                            float* HWY_RESTRICT gradients) {
  LaneVector largest = load(logits);
  for (int c = 1; c < classes; ++c) largest = hn::Max(largest, load(logits + c * kLanes));
  LaneVector total = hn::Zero(kLaneTag);
  LaneVector of_label = hn::Zero(kLaneTag);
  for (int c = 0; c < classes; ++c) {
    const LaneVector shifted = hn::Sub(load(logits + c * kLanes), largest);
    const auto is_label = hn::RebindMask(kLaneTag, hn::Eq(labels, hn::Set(kLaneIntTag, c)));
    of_label = hn::IfThenElse(is_label, shifted, of_label);
    const LaneVector exponential = hn::Exp(kLaneTag, shifted);
    total = hn::Add(total, exponential);
    store(exponential, gradients + c * kLanes);
  }
  const LaneVector factor = hn::Div(scale, total);
  for (int c = 0; c < classes; ++c) {
    const auto is_label = hn::RebindMask(kLaneTag, hn::Eq(labels, hn::Set(kLaneIntTag, c)));
    const LaneVector probability = hn::Mul(load(gradients + c * kLanes), factor);
    store(hn::Sub(probability, hn::IfThenElseZero(is_label, scale)), gradients + c * kLanes);
  }
  // The sum of the logits is not finite if any of them is not: Exp() and Max() may hide it.
  LaneVector poison = hn::Zero(kLaneTag);
  for (int c = 0; c < classes; ++c) {
    poison = hn::MulAdd(load(logits + c * kLanes), hn::Zero(kLaneTag), poison);
  }
  return hn::Add(hn::Sub(hn::Log(kLaneTag, total), of_label), poison);
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
