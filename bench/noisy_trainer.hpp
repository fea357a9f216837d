// Recorded sweeps with noise: a config that is trained twice differs, by the seed and the trial's
// number. What a config is worth without the noise is known, so that an answer can be judged.
#pragma once

#include "bench/recorded_trainer.hpp"
#include "study/search_settings.hpp"

namespace sweetspot::bench {

// What is noisy follows from what is searched for:
// - the fewest steps to the target: the steps of a training are multiplied by a lognormal factor;
// - the best of the metric within a budget: at every check the error (one minus the metric) is
//   multiplied by one plus a Gaussian. The budget is the steps of the grid's fastest, the last step
//   at which no recorded training has ended by reaching the target.
class NoisyTrainer {
 public:
  // `recorded` must outlive the object. deviation: of the factor's logarithm, or of the Gaussian.
  NoisyTrainer(const RecordedTrainer& recorded, bool steps_to_target, double deviation);

  search::SegmentEnd train(const search::Segment& segment, uint64_t seed) const;

  uint64_t budget() const;
  // Steps of the whole grid within the budget.
  uint64_t grid_steps() const;
  // Without the noise: steps over those of the grid's best, or error over that of the grid's best.
  // Infinite where the config does not work.
  double regret(const space::Config& config) const;

 private:
  search::SegmentEnd train_slower(const search::Segment& segment, double factor) const;
  search::SegmentEnd train_to_budget(const search::Segment& segment, uint64_t seed) const;
  // Within the budget, without the noise.
  double error_of(const RecordedTrial& trial) const;

  const RecordedTrainer& recorded_;
  study::Objective objective_;
  double deviation_;
  double least_error_ = 1;
};

}  // namespace sweetspot::bench
