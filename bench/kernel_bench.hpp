// What the kernel benchmarks share over all SIMD targets. Thread-safety: one thread.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>

namespace sweetspot::train {

// The peak that a core reaches while a benchmark runs: its loop of multiply-adds is timed between
// the benchmark's iterations, every fifth of a millisecond or so. Neighbours on a shared machine
// slow both alike.
class PeakBeside {
 public:
  // `peak_loop` does `peak_operations` floating-point operations, an iteration of the benchmark
  // `operations`.
  PeakBeside(void (*peak_loop)(), double peak_operations, double operations);

  // After each iteration.
  void after_iteration(benchmark::State& state);

  // GFLOP/s of the iterations, of the peak beside them, and the share.
  void report(benchmark::State& state) const;

 private:
  using Clock = std::chrono::steady_clock;

  // Of a kind of operations, and how long all of them took.
  struct Work {
    double operations = 0;
    double seconds = 0;

    void add(double more, Clock::duration took);
    double rate() const { return operations / seconds; }
  };

  void (*peak_loop_)();
  double peak_operations_;
  double operations_;
  int iterations_at_once_ = 1;
  int iterations_done_ = 0;
  Clock::time_point begin_ = Clock::now();
  Work iterations_;
  Work peak_;
};

}  // namespace sweetspot::train
