// A Parzen estimator over some parameters of a space: a mixture of one kernel for each observed
// point and a broad prior, each kernel a product over the parameters: a Gaussian cut off at the
// borders for a number, shares for a categorical. Points are in the unit cube of space::Space.
// Bandwidths: Scott's rule as in BOHB and Optuna's multivariate TPE.
// Thread-safety: immutable after construction.
#pragma once

#include <span>
#include <vector>

#include "search/draws.hpp"

namespace sweetspot::search {

// [parameter] of the estimator, all in [0, 1].
using Point = std::vector<double>;

class Parzen {
 public:
  // choices: for each parameter, how many a categorical has; 0 for a number. Later points count
  // more: all but the last 25 have weights that rise in a line.
  Parzen(std::vector<size_t> choices, std::span<const Point> points);

  Point draw(Draws& draws) const;
  double log_density(const Point& point) const;

 private:
  // Of kernel i: its coordinate on a parameter.
  double center(size_t kernel, size_t parameter) const {
    return centers_[kernel * choices_.size() + parameter];
  }
  // Of the numbers; the last kernel is the prior.
  double deviation(size_t kernel) const;

  size_t choice_of(size_t parameter, double unit) const;
  double draw_number(Draws& draws, double center, double deviation) const;

  std::vector<size_t> choices_;
  std::vector<double> weights_;  // cumulative; the prior's last
  std::vector<double> centers_;
  std::vector<double> log_factors_;  // of kernels: weight and norms
  double deviation_ = 0;             // of all kernels but the prior
  std::vector<double> log_own_;      // of a categorical's kernel: log share of its own choice
  std::vector<double> log_other_;    // and of each other one
};

}  // namespace sweetspot::search
