#include "search/model_based/gaussian_process.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlopt.hpp>
#include <numeric>

namespace sweetspot::search {
namespace {

// Of the logarithms: means and deviations of the priors, and bounds.
struct Prior {
  double mean;
  double deviation;
  double low;
  double high;
};
const Prior kLengthPrior = {std::log(0.4), 1.0, std::log(0.01), std::log(20.0)};
const Prior kSignalPrior = {std::log(1.0), 1.0, std::log(0.05), std::log(50.0)};
constexpr double kLeastNoise = 1e-9;
constexpr double kMostNoise = 1;
constexpr int kEvaluations = 40;  // of each start

Prior prior_of(size_t parameter, size_t dimensions, const NoisePrior& noise) {
  if (parameter < dimensions) return kLengthPrior;
  if (parameter == dimensions) return kSignalPrior;
  return {noise.mean, noise.deviation, std::log(kLeastNoise), std::log(kMostNoise)};
}

double matern(double squared) {
  const double r = std::sqrt(5 * squared);
  return (1 + r + r * r / 3) * std::exp(-r);
}

double loss_for_nlopt(const std::vector<double>& theta, std::vector<double>& gradient, void* data) {
  return (*static_cast<KernelLoss*>(data))(theta, gradient.empty() ? nullptr : &gradient);
}

}  // namespace

const NoisePrior kNearlyExact = {std::log(1e-5), 3.0};
const NoisePrior kExact = {std::log(1e-7), 0.1};
const NoisePrior kAnyNoise = {std::log(1e-2), 3.0};

double kernel_distance(const std::optional<double>& a, const std::optional<double>& b,
                       bool is_categorical) {
  if (!a.has_value() || !b.has_value()) return 0;
  const double away = std::abs(*a - *b);
  return is_categorical ? (away > 0 ? 1.0 : 0.0) : away;
}

std::vector<size_t> choices_of(const space::Space& space) {
  std::vector<size_t> choices;
  for (const space::Parameter& p : space.parameters()) choices.push_back(space::choices(p));
  return choices;
}

CompressedScale compressed_scale(const std::vector<double>& values) {
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const double best = sorted.front();
  const double median = sorted[sorted.size() / 2];
  return {best, median > best ? median - best : 1};
}

std::vector<double> compressed(std::vector<double> values) {
  const auto [best, unit] = compressed_scale(values);
  for (double& value : values) value = std::log1p((value - best) / unit);
  return values;
}

KernelLoss::KernelLoss(const std::vector<Eigen::MatrixXd>& squared_distances,
                       const Eigen::VectorXd& targets, const NoisePrior& noise_prior)
    : squared_distances_(squared_distances), targets_(targets), noise_prior_(noise_prior) {}

double KernelLoss::operator()(const std::vector<double>& theta, std::vector<double>* gradient) {
  const size_t dimensions = squared_distances_.size();
  const auto n = targets_.size();
  const double signal = std::exp(theta[dimensions]);
  const double noise = std::exp(theta[dimensions + 1]);
  r_.setZero(n, n);
  for (size_t d = 0; d < dimensions; ++d) {
    r_.noalias() += squared_distances_[d] * (5 * std::exp(-2 * theta[d]));
  }
  r_ = r_.cwiseSqrt();
  decay_ = (signal * (-r_.array()).exp()).matrix();
  kernel_ = ((1 + r_.array() + r_.array().square() / 3) * decay_.array()).matrix();
  covariance_ = kernel_;
  covariance_.diagonal().array() += noise;
  factor_.compute(covariance_);
  if (factor_.info() != Eigen::Success) return HUGE_VAL;
  const Eigen::VectorXd weights = factor_.solve(targets_);
  double loss = 0.5 * targets_.dot(weights) + factor_.matrixLLT().diagonal().array().log().sum();
  for (size_t i = 0; i < theta.size(); ++i) {
    const Prior prior = prior_of(i, dimensions, noise_prior_);
    const double away = (theta[i] - prior.mean) / prior.deviation;
    loss += 0.5 * away * away;
  }
  if (gradient == nullptr) return loss;
  // d loss = tr((K^-1 - w w') dK) / 2.
  inner_.setIdentity(n, n);
  factor_.solveInPlace(inner_);
  inner_.noalias() -= weights * weights.transpose();
  (*gradient)[dimensions] = 0.5 * inner_.cwiseProduct(kernel_).sum();
  (*gradient)[dimensions + 1] = 0.5 * inner_.trace() * noise;
  // d kernel / d log l = signal * 5/3 (1 + r) exp(-r) * squared distance / l^2.
  inner_.array() *= (5.0 / 3) * (1 + r_.array()) * decay_.array();
  for (size_t d = 0; d < dimensions; ++d) {
    (*gradient)[d] =
        0.5 * inner_.cwiseProduct(squared_distances_[d]).sum() * std::exp(-2 * theta[d]);
  }
  for (size_t i = 0; i < theta.size(); ++i) {
    const Prior prior = prior_of(i, dimensions, noise_prior_);
    (*gradient)[i] += (theta[i] - prior.mean) / (prior.deviation * prior.deviation);
  }
  return loss;
}

GaussianProcess::GaussianProcess(std::vector<size_t> choices, std::vector<KernelPoint> points,
                                 std::span<const double> values, const NoisePrior& noise_prior)
    : choices_(std::move(choices)), points_(std::move(points)) {
  const auto n = static_cast<Eigen::Index>(values.size());
  const size_t dimensions = choices_.size();
  const Eigen::Map<const Eigen::VectorXd> raw(values.data(), n);
  mean_ = raw.mean();
  const double deviation = std::sqrt((raw.array() - mean_).square().mean());
  scale_ = deviation > 0 ? deviation : 1;
  targets_ = (raw.array() - mean_) / scale_;

  std::vector<Eigen::MatrixXd> squared(dimensions, Eigen::MatrixXd(n, n));
  for (size_t d = 0; d < dimensions; ++d) {
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j < n; ++j) {
        const double away = kernel_distance(points_[static_cast<size_t>(i)][d],
                                            points_[static_cast<size_t>(j)][d], choices_[d] > 0);
        squared[d](i, j) = away * away;
      }
    }
  }
  KernelLoss kernel_loss(squared, targets_, noise_prior);
  std::vector<double> low;
  std::vector<double> high;
  for (size_t i = 0; i < dimensions + 2; ++i) {
    low.push_back(prior_of(i, dimensions, noise_prior).low);
    high.push_back(prior_of(i, dimensions, noise_prior).high);
  }
  double least = HUGE_VAL;
  std::vector<double> best;
  // From a smooth function, from a rough one, and from a smooth one with much that it does not
  // tell.
  constexpr std::array<std::array<double, 2>, 3> kStarts = {
      {{0.6, 1e-4}, {0.15, 1e-4}, {1.0, 0.3}}};
  for (const auto& [length, noise] : kStarts) {
    std::vector<double> theta(dimensions, std::log(length));
    theta.push_back(0);
    theta.push_back(std::log(noise));
    nlopt::opt optimizer(nlopt::LD_LBFGS, static_cast<unsigned>(dimensions + 2));
    optimizer.set_lower_bounds(low);
    optimizer.set_upper_bounds(high);
    optimizer.set_min_objective(loss_for_nlopt, &kernel_loss);
    optimizer.set_maxeval(kEvaluations);
    optimizer.set_ftol_rel(1e-6);
    double loss = HUGE_VAL;
    try {
      optimizer.optimize(theta, loss);
    } catch (const std::runtime_error&) {
      // A line search that comes no further leaves theta where it is best.
      loss = kernel_loss(theta, nullptr);
    }
    if (best.empty() || loss < least) {
      least = loss;
      best = theta;
    }
  }
  for (size_t d = 0; d < dimensions; ++d) length_scales_.push_back(std::exp(best[d]));
  signal_ = std::exp(best[dimensions]);
  noise_ = std::exp(best[dimensions + 1]);
  factorize();
}

double GaussianProcess::covariance(const KernelPoint& a, const KernelPoint& b) const {
  double squared = 0;
  for (size_t d = 0; d < choices_.size(); ++d) {
    const double away = kernel_distance(a[d], b[d], choices_[d] > 0) / length_scales_[d];
    squared += away * away;
  }
  return signal_ * matern(squared);
}

Eigen::VectorXd GaussianProcess::covariances(const KernelPoint& point) const {
  Eigen::VectorXd row(static_cast<Eigen::Index>(points_.size()));
  for (size_t i = 0; i < points_.size(); ++i) {
    row(static_cast<Eigen::Index>(i)) = covariance(point, points_[i]);
  }
  return row;
}

void GaussianProcess::factorize() {
  const auto n = static_cast<Eigen::Index>(points_.size());
  Eigen::MatrixXd matrix(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j <= i; ++j) {
      matrix(i, j) = matrix(j, i) =
          covariance(points_[static_cast<size_t>(i)], points_[static_cast<size_t>(j)]);
    }
  }
  // Points that coincide make the matrix singular: more noise until it is not.
  for (double noise = noise_;; noise *= 10) {
    Eigen::MatrixXd noisy = matrix;
    noisy.diagonal().array() += noise;
    factor_.compute(noisy);
    if (factor_.info() == Eigen::Success) break;
  }
  weights_ = factor_.solve(targets_);
  misfit_ = 0.5 * targets_.dot(weights_) + factor_.matrixLLT().diagonal().array().log().sum();
}

GaussianProcess::Prediction GaussianProcess::predict(const KernelPoint& point) const {
  const Eigen::VectorXd row = covariances(point);
  const Eigen::VectorXd half = factor_.matrixL().solve(row);
  const double variance = std::max(signal_ - half.squaredNorm(), 0.0);
  return {mean_ + scale_ * row.dot(weights_), scale_ * std::sqrt(variance)};
}

void GaussianProcess::believe(const KernelPoint& point) {
  const double value = (predict(point).mean - mean_) / scale_;
  points_.push_back(point);
  targets_.conservativeResize(targets_.size() + 1);
  targets_(targets_.size() - 1) = value;
  factorize();
}

}  // namespace sweetspot::search
