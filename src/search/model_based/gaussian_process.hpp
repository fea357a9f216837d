// Gaussian-process regression with a Matern 5/2 kernel and a length scale for each parameter
// (Rasmussen and Williams, "Gaussian processes for machine learning", 2006, chapters 2 and 5).
// Length scales, signal and noise are those of the highest posterior density.
// Thread-safety: immutable after construction.
#pragma once

#include <Eigen/Dense>
#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "sweetspot/space.hpp"

namespace sweetspot::search {

// A coordinate in [0, 1] for each parameter of a space; none where it takes no part.
using KernelPoint = std::vector<std::optional<double>>;

// What is believed of the noise before any value is seen: of the logarithm of its variance, in
// units of the values' variance.
struct NoisePrior {
  double mean;
  double deviation;
};
// The values are those of a function, but for rounding.
extern const NoisePrior kNearlyExact;
// The values are those of a function, whatever they look like.
extern const NoisePrior kExact;
// Trainings differ from run to run, by nothing or by as much as the values themselves do.
extern const NoisePrior kAnyNoise;

// For each parameter how many choices a categorical has, 0 for a number.
std::vector<size_t> choices_of(const space::Space& space);

class GaussianProcess {
 public:
  struct Prediction {
    double mean = 0;
    double deviation = 0;  // of the function, without the noise
  };

  // choices: as choices_of() gives them; two values of a categorical are at distance 0 or 1. At
  // least one point; `values` need not be standardized.
  GaussianProcess(std::vector<size_t> choices, std::vector<KernelPoint> points,
                  std::span<const double> values, const NoisePrior& noise_prior);

  Prediction predict(const KernelPoint& point) const;

  // One more point whose value is taken to be what is predicted there: it says where others already
  // look, and changes no mean.
  void believe(const KernelPoint& point);

  size_t size() const { return points_.size(); }
  // Deviation of the noise, in the values' units.
  double noise() const { return scale_ * std::sqrt(noise_); }
  // Of the values, without what was believed before: minus the logarithm of their density, up to a
  // constant; and the same if the points told nothing of them.
  double misfit() const { return misfit_; }
  double misfit_of_chance() const { return 0.5 * targets_.squaredNorm(); }
  const std::vector<double>& length_scales() const { return length_scales_; }

 private:
  void factorize();
  double covariance(const KernelPoint& a, const KernelPoint& b) const;
  Eigen::VectorXd covariances(const KernelPoint& point) const;

  std::vector<size_t> choices_;
  std::vector<KernelPoint> points_;
  double mean_ = 0;  // of the values
  double scale_ = 1;
  Eigen::VectorXd targets_;  // standardized
  std::vector<double> length_scales_;
  double signal_ = 1;  // variances, of standardized values
  double noise_ = 1e-4;
  double misfit_ = 0;
  Eigen::LLT<Eigen::MatrixXd> factor_;
  Eigen::VectorXd weights_;
};

// The value that is zero there, and the difference that is one.
struct CompressedScale {
  double best = 0;
  double unit = 1;
};
CompressedScale compressed_scale(const std::vector<double>& values);
// Values on a scale on which those near the best are told apart and bad ones do not matter: linear
// from the best to the median, logarithmic above.
std::vector<double> compressed(std::vector<double> values);

// Of one dimension: how far apart two coordinates are.
double kernel_distance(const std::optional<double>& a, const std::optional<double>& b,
                       bool is_categorical);

// The negative logarithm of the posterior density of a kernel's parameters, up to a constant.
// theta: the logarithms of a length scale for each parameter, the signal variance and the noise
// variance. Thread-safety: one thread at a time an object.
class KernelLoss {
 public:
  // squared_distances: [parameter], between all points; targets: standardized. Must outlive it.
  KernelLoss(const std::vector<Eigen::MatrixXd>& squared_distances, const Eigen::VectorXd& targets,
             const NoisePrior& noise_prior);

  // With its gradient, where that is wanted. Infinite where the covariance is singular.
  double operator()(const std::vector<double>& theta, std::vector<double>* gradient);

 private:
  const std::vector<Eigen::MatrixXd>& squared_distances_;
  const Eigen::VectorXd& targets_;
  NoisePrior noise_prior_;
  // Kept from call to call: to allocate them costs more than to fill them.
  Eigen::MatrixXd r_, decay_, kernel_, covariance_, inner_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
};

}  // namespace sweetspot::search
