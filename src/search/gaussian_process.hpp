// Gaussian-process regression with a Matern 5/2 kernel and a length scale for each parameter
// (Rasmussen and Williams, "Gaussian processes for machine learning", 2006, chapters 2 and 5).
// Length scales, signal and noise are those of the highest posterior density.
// Thread-safety: immutable after construction.
#pragma once

#include <Eigen/Dense>
#include <optional>
#include <span>
#include <vector>

namespace sweetspot::search {

// A coordinate in [0, 1] for each parameter of a space; none where it takes no part.
using KernelPoint = std::vector<std::optional<double>>;

class GaussianProcess {
 public:
  struct Prediction {
    double mean = 0;
    double deviation = 0;  // of the function, without the noise
  };

  // choices: for each parameter how many a categorical has, 0 for a number; two values of a
  // categorical are at distance 0 or 1. At least one point; `values` need not be standardized.
  GaussianProcess(std::vector<size_t> choices, std::vector<KernelPoint> points,
                  std::span<const double> values);

  Prediction predict(const KernelPoint& point) const;

  // One more point whose value is taken to be what is predicted there: it says where others already
  // look, and changes no mean.
  void believe(const KernelPoint& point);

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
  Eigen::LLT<Eigen::MatrixXd> factor_;
  Eigen::VectorXd weights_;
};

// Of one dimension: how far apart two coordinates are.
double kernel_distance(const std::optional<double>& a, const std::optional<double>& b,
                       bool is_categorical);

// The negative logarithm of the posterior density of a kernel's parameters, up to a constant.
// theta: the logarithms of a length scale for each parameter, the signal variance and the noise
// variance. Thread-safety: one thread at a time an object.
class KernelLoss {
 public:
  // squared_distances: [parameter], between all points; targets: standardized. Must outlive it.
  KernelLoss(const std::vector<Eigen::MatrixXd>& squared_distances, const Eigen::VectorXd& targets);

  // With its gradient, where that is wanted. Infinite where the covariance is singular.
  double operator()(const std::vector<double>& theta, std::vector<double>* gradient);

 private:
  const std::vector<Eigen::MatrixXd>& squared_distances_;
  const Eigen::VectorXd& targets_;
  // Kept from call to call: to allocate them costs more than to fill them.
  Eigen::MatrixXd r_, decay_, kernel_, covariance_, inner_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
};

}  // namespace sweetspot::search
