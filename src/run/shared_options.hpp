// How a worker takes part in a study that several train. Thread-safety: plain values.
#pragma once

#include "store/study_store.hpp"

namespace sweetspot::run {

struct SharedOptions {
  store::WorkerInfo worker;
  double beat_seconds = 5;
  double patience_seconds = 600;  // with a store that does not answer
};

}  // namespace sweetspot::run
