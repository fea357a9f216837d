// Every optimizer, one line each, in the order of the experiment's figures. No include guard: the
// kernels include this file once for each SIMD target, and each file below guards itself.
#include "train/optimizers/adadelta.hpp"
#include "train/optimizers/adagrad.hpp"
#include "train/optimizers/adam.hpp"
#include "train/optimizers/gd.hpp"
#include "train/optimizers/momentum.hpp"
#include "train/optimizers/rmsprop.hpp"

#ifndef SWEETSPOT_FOR_EACH_OPTIMIZER
#define SWEETSPOT_FOR_EACH_OPTIMIZER(X) \
  X(GradientDescent)                    \
  X(Momentum)                           \
  X(Adagrad)                            \
  X(Adadelta)                           \
  X(RmsProp)                            \
  X(Adam)
#endif
