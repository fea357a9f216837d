// Bayesian optimization with Gaussian processes: expected improvement (Jones, Schonlau and Welch,
// "Efficient global optimization of expensive black-box functions", 1998; its logarithm as in Ament
// et al., "Unexpected improvements to expected improvement", NeurIPS 2023), over a Matern 5/2
// kernel with fitted length scales (Snoek, Larochelle and Adams, NIPS 2012), categoricals included.
//
// A trial that failed tells no value, and a made-up one would bend the surface around it: so the
// chance that a config works is a process of its own (Gelbart, Snoek and Adams, "Bayesian
// optimization with unknown constraints", UAI 2014), and the improvement is weighed by it. While
// nothing has worked, the search follows the best metric that the failures came to. It begins with
// scrambled Sobol points, two a parameter.
#pragma once

#include "search/search.hpp"

namespace sweetspot::search {

class GpSearch final : public Search {
 public:
  std::vector<Proposal> ask(const History& history, size_t most) const override;
};

// log(phi(z) + z Phi(z)), of the standard normal: the logarithm of the expected improvement at a
// standardized distance z, down to any z.
double log_improvement(double z);

}  // namespace sweetspot::search
