// How much each parameter of a search mattered: the share of the variance among its trials that the
// parameter explains alone. Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "search/search.hpp"

namespace sweetspot::report {

struct Importance {
  std::string parameter;
  double share = 0;   // of the variance, 0 to 1
  size_t trials = 0;  // in which the parameter took part, and that tell something
};

// The first-order index Var(E[y | x]) / Var(y) (Sobol', Mathematical Modelling and Computational
// Experiments 1, 1993) of each parameter, estimated by a one-way analysis of variance of the
// trials' ranks y: those that worked by their value, then the others by their best metric; ties
// share their mean rank. A number x is cut into floor(sqrt(n)) bins of equal count, equal numbers
// in one bin. With k bins or choices among n trials the share is epsilon squared, which takes off
// what k groups explain by chance (Kelley, PNAS 21, 1935):
//   1 - (1 - between / total) (n - 1) / (n - k), at least 0,
// of the sums of squares between the groups and in total.
//
// Parameters with a condition are judged among the trials in which they took part, so that their
// shares are not parts of the same whole. The trials are those that the search chose, which are
// dense where it is good; what parameters do together is in no share.
//
// In falling order. Without parameters that do not vary, that took part in fewer than ten trials or
// among whose trials all are equally good.
std::vector<Importance> importance(const space::Space& space,
                                   const std::vector<search::SeenTrial>& trials);

// Epsilon squared of `values` in `groups`. None where either does not vary, or where no group has
// two members.
std::optional<double> epsilon_squared(const std::vector<size_t>& groups,
                                      const std::vector<double>& values);

}  // namespace sweetspot::report
