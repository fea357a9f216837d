// What trials are worth with the noise taken out, as far as the trials themselves tell it: who
// takes the best of many noisy values takes the luckiest. Two kinds of neighbours tell it. Of a
// curve the checks beside the best one: running means, as wide as Mallows' Cp says ("Some comments
// on Cp", Technometrics 15, 1973). Of a config the trials beside it: the mean of a Gaussian
// process, whose width and noise are fitted to the values. Thread-safety: immutable after
// construction, but for believe().
#pragma once

#include <optional>
#include <vector>

#include "search/model_based/gaussian_process.hpp"
#include "search/search.hpp"

namespace sweetspot::search {

// In the values' own units.
struct Estimate {
  double value = 0;
  double deviation = 0;
};

class SmoothedValues {
 public:
  // Both must outlive the object.
  SmoothedValues(const space::Space& space, const std::vector<SeenTrial>& trials);

  // By number, on a scale of their own, the smaller the better; none for trials that did not work.
  // Where nothing speaks of noise they are the values themselves.
  const std::vector<std::optional<double>>& of_trials() const { return of_trials_; }

  // Whether steps to the target differ between neighbours by more than their valley explains. Where
  // they do not, they are taken as they are.
  bool are_steps_noisy() const;
  // Whether noise is taken out of of_trials(). Of smooth curves they are running means, near the
  // values, and nothing is.
  bool are_smoothed() const { return are_smoothed_; }
  // What a config that worked comes to with the noise taken out; call where they are smoothed.
  Estimate estimate(size_t trial) const;
  // Whether the values follow the configs at all, as far as enough trials tell; else one config may
  // be as good as another.
  bool follow_configs() const { return follow_configs_; }
  // Of configs, trained or not; call where something worked.
  GaussianProcess::Prediction predict(const space::Config& config) const;
  void believe(const space::Config& config);

 private:
  void model_steps();
  void model_metrics();
  // of: the trials of the values.
  void fit(std::vector<size_t> of, std::vector<double> values);
  void smooth();
  // Whether the modelled values speak of noise themselves, where curves do not.
  bool are_values_noisy() const;
  // The best value stands where it is better than noise would make it. of: the trials of the
  // values.
  void trust_beyond_noise(const std::vector<size_t>& of, const std::vector<double>& values);

  const space::Space& space_;
  const std::vector<SeenTrial>& trials_;
  bool counts_steps_ = false;
  bool are_smoothed_ = false;
  bool follow_configs_ = true;
  CompressedScale scale_;  // of metrics
  std::vector<size_t> modelled_;
  std::vector<double> modelled_values_;
  std::optional<GaussianProcess> process_;
  std::vector<std::optional<double>> of_trials_;
};

}  // namespace sweetspot::search
