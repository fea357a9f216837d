#include "reference/optimizer.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::reference {
namespace {

double sign(double x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

double distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

double norm(std::span<const double> a) {
  double sum = 0;
  for (const double value : a) sum += value * value;
  return std::sqrt(sum);
}

}  // namespace

Optimizer::Optimizer(std::string name, train::Semantics semantics, double rate, double d0)
    : name_(std::move(name)),
      pytorch_(semantics == train::Semantics::pytorch),
      rate_(rate),
      d0_(d0) {}

void Optimizer::step(std::vector<double>& weights, std::span<const double> gradient) {
  if (steps_++ == 0) {
    start_ = weights;
    double first = 0;
    if (name_ == "adagrad" && !pytorch_) first = 0.1;
    if (name_ == "rmsprop" && !pytorch_) first = 1;
    a_.assign(weights.size(), first);
    b_.assign(weights.size(), 0);
    c_.assign(weights.size(), 0);
    state_ = {{"d", d0_}, {"mu product", 1}};
  }
  if (name_ == "dadapt-adam") return d_adapt_adam(weights, gradient);
  if (name_ == "prodigy") return prodigy(weights, gradient);
  if (name_ == "dog") return dog(weights, gradient);
  if (name_ == "schedule-free") return schedule_free(weights, gradient);
  if (name_ == "nadam") {
    state_["mu"] = 0.9 * (1 - 0.5 * std::pow(0.96, steps_ * 0.004));
    state_["next mu"] = 0.9 * (1 - 0.5 * std::pow(0.96, (steps_ + 1) * 0.004));
    state_["mu product"] *= state_["mu"];
  }
  for (size_t i = 0; i < weights.size(); ++i) step_by_weight(i, weights[i], gradient[i]);
}

void Optimizer::step_by_weight(size_t i, double& w, double g) {
  double& a = a_[i];
  double& b = b_[i];
  if (name_ == "gd") {
    w -= rate_ * g;
  } else if (name_ == "momentum") {
    a = 0.5 * a + g;
    w -= rate_ * a;
  } else if (name_ == "nesterov") {
    a = 0.9 * a + g;
    w -= rate_ * (g + 0.9 * a);
  } else if (name_ == "adagrad") {
    a += g * g;
    w -= rate_ * g / (std::sqrt(a) + (pytorch_ ? 1e-10 : 0));
  } else if (name_ == "adadelta") {
    const double rho = pytorch_ ? 0.9 : 0.95;
    const double epsilon = pytorch_ ? 1e-6 : 1e-8;
    a = rho * a + (1 - rho) * g * g;
    const double change = std::sqrt(b + epsilon) / std::sqrt(a + epsilon) * g;
    b = rho * b + (1 - rho) * change * change;
    w -= rate_ * change;
  } else if (name_ == "rmsprop") {
    const double decay = pytorch_ ? 0.99 : 0.9;
    a = decay * a + (1 - decay) * g * g;
    w -= rate_ * g / (pytorch_ ? std::sqrt(a) + 1e-8 : std::sqrt(a + 1e-10));
  } else if (name_ == "lion") {
    w -= rate_ * sign(0.9 * a + 0.1 * g);
    a = 0.99 * a + 0.01 * g;
  } else {  // Adam and its kin
    a = 0.9 * a + 0.1 * g;
    b = 0.999 * b + 0.001 * g * g;
    const double c1 = 1 - std::pow(0.9, steps_);
    const double c2 = 1 - std::pow(0.999, steps_);
    if (name_ == "adamw") w -= rate_ * 0.01 * w;
    c_[i] = name_ == "amsgrad" ? std::max(c_[i], b) : b;
    // PyTorch adds epsilon to the corrected root, TensorFlow to the root itself.
    const double root = std::sqrt(c_[i] / c2) + (pytorch_ ? 1e-8 : 1e-8 / std::sqrt(c2));
    if (name_ == "nadam") {
      w -= rate_ * (1 - state_["mu"]) / (1 - state_["mu product"]) * g / root;
      w -= rate_ * state_["next mu"] / (1 - state_["mu product"] * state_["next mu"]) * a / root;
    } else {
      w -= rate_ * (a / c1) / root;
    }
  }
}

// a: m, b: v, c: s, in the paper's names.
void Optimizer::d_adapt_adam(std::vector<double>& weights, std::span<const double> gradient) {
  const double root = std::sqrt(0.999);
  double& d = state_["d"];
  const double rate = d * rate_;
  double correlation = 0;
  double size = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const double g = gradient[i];
    correlation += rate * g * c_[i] / (std::sqrt(b_[i]) + 1e-8);
    a_[i] = 0.9 * a_[i] + rate * 0.1 * g;
    b_[i] = 0.999 * b_[i] + 0.001 * g * g;
    c_[i] = root * c_[i] + rate * (1 - root) * g;
    size += std::abs(c_[i]);
    weights[i] -= a_[i] / (std::sqrt(b_[i]) + 1e-8);
  }
  double& numerator = state_["numerator"];
  numerator = root * numerator + (1 - root) * correlation;
  d = std::max(d, numerator / ((1 - root) * size));
}

void Optimizer::prodigy(std::vector<double>& weights, std::span<const double> gradient) {
  const double root = std::sqrt(0.999);
  double& d = state_["d"];
  const double share = d / d0_ * d * rate_;
  double correlation = 0;
  double size = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const double g = gradient[i];
    correlation += share * g * (start_[i] - weights[i]);
    a_[i] = 0.9 * a_[i] + 0.1 * d * g;
    b_[i] = 0.999 * b_[i] + 0.001 * d * d * g * g;
    c_[i] = root * c_[i] + share * g;
    size += std::abs(c_[i]);
    weights[i] -= rate_ * d * a_[i] / (std::sqrt(b_[i]) + d * 1e-8);
  }
  double& numerator = state_["numerator"];
  numerator = root * numerator + correlation;
  d = std::max(d, numerator / size);
}

void Optimizer::dog(std::vector<double>& weights, std::span<const double> gradient) {
  double& largest = state_["largest distance"];
  largest = std::max(largest, steps_ == 1 ? 1e-6 * (1 + norm(start_)) : distance(weights, start_));
  double& squares = state_["squares"];
  squares += norm(gradient) * norm(gradient);
  const double rate = rate_ * largest / std::sqrt(squares + 1e-8);
  const double share = 9.0 / (8 + steps_);
  if (steps_ == 1) evaluated_ = weights;
  for (size_t i = 0; i < weights.size(); ++i) {
    weights[i] -= rate * gradient[i];
    evaluated_[i] = (1 - share) * evaluated_[i] + share * weights[i];
  }
}

// The iterates x and z themselves; weights are y.
void Optimizer::schedule_free(std::vector<double>& weights, std::span<const double> gradient) {
  if (steps_ == 1) {
    evaluated_ = weights;
    c_ = weights;
  }
  const double share = 1.0 / steps_;  // of a rate that never changes
  for (size_t i = 0; i < weights.size(); ++i) {
    b_[i] = 0.999 * b_[i] + 0.001 * gradient[i] * gradient[i];
    const double corrected = b_[i] / (1 - std::pow(0.999, steps_));
    c_[i] -= rate_ * gradient[i] / (std::sqrt(corrected) + 1e-8);
    evaluated_[i] = (1 - share) * evaluated_[i] + share * c_[i];
    weights[i] = 0.1 * c_[i] + 0.9 * evaluated_[i];
  }
}

}  // namespace sweetspot::reference
