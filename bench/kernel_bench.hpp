// What the kernel benchmarks share over all SIMD targets. Thread-safety: one thread.
#pragma once

#include <benchmark/benchmark.h>

namespace sweetspot::train {

// Reports `operations` floating-point operations an iteration as GFLOP/s.
void report_rate(benchmark::State& state, double operations);

}  // namespace sweetspot::train
