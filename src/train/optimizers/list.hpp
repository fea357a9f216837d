// Every optimizer, one line each: the experiment's in the order of its figures, then the others. No
// include guard: the kernels include this file once for each SIMD target, and each file below
// guards itself.
#include "train/optimizers/adadelta.hpp"
#include "train/optimizers/adagrad.hpp"
#include "train/optimizers/adam.hpp"
#include "train/optimizers/adamw.hpp"
#include "train/optimizers/amsgrad.hpp"
#include "train/optimizers/dadapt_adam.hpp"
#include "train/optimizers/dog.hpp"
#include "train/optimizers/gd.hpp"
#include "train/optimizers/lion.hpp"
#include "train/optimizers/momentum.hpp"
#include "train/optimizers/nadam.hpp"
#include "train/optimizers/nesterov.hpp"
#include "train/optimizers/prodigy.hpp"
#include "train/optimizers/rmsprop.hpp"
#include "train/optimizers/schedule_free.hpp"

#ifndef SWEETSPOT_FOR_EACH_OPTIMIZER
#define SWEETSPOT_FOR_EACH_OPTIMIZER(X) \
  X(GradientDescent)                    \
  X(Momentum)                           \
  X(Adagrad)                            \
  X(Adadelta)                           \
  X(RmsProp)                            \
  X(Adam)                               \
  X(Nesterov)                           \
  X(AdamW)                              \
  X(AmsGrad)                            \
  X(Nadam)                              \
  X(Lion)                               \
  X(DAdaptAdam)                         \
  X(Prodigy)                            \
  X(Dog)                                \
  X(ScheduleFree)
#endif
