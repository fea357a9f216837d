// The update rules in double precision, with their standard numbers: written from the papers and
// frameworks as they state them, not as the trainer arranges them.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "train/optimizer.hpp"

namespace sweetspot::reference {

class Optimizer {
 public:
  // d0: the first guess of those that estimate a distance.
  Optimizer(std::string name, train::Semantics semantics, double rate, double d0 = 1e-6);
  void step(std::vector<double>& weights, std::span<const double> gradient);

  // The weights to judge the network by; empty: those that are trained.
  const std::vector<double>& evaluated() const { return evaluated_; }

 private:
  void step_by_weight(size_t i, double& w, double g);
  void d_adapt_adam(std::vector<double>& weights, std::span<const double> gradient);
  void prodigy(std::vector<double>& weights, std::span<const double> gradient);
  void dog(std::vector<double>& weights, std::span<const double> gradient);
  void schedule_free(std::vector<double>& weights, std::span<const double> gradient);

  std::string name_;
  bool pytorch_;
  double rate_;
  double d0_;
  int steps_ = 0;
  std::vector<double> a_, b_, c_, start_, evaluated_;  // state, a value for each weight
  std::map<std::string, double> state_;                // and for them all
};

}  // namespace sweetspot::reference
