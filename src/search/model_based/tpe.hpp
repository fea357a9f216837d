// Tree-structured Parzen estimator (Bergstra et al., "Algorithms for hyper-parameter optimization",
// NIPS 2011), with one joint estimator for parameters that are active together (Falkner, Klein and
// Hutter, "BOHB", ICML 2018). Trials that failed are told: they stand behind all that worked, in
// the order of the best metric that they came to. Those under way count as bad, so that a round's
// proposals keep apart.
#pragma once

#include "search/search.hpp"

namespace sweetspot::search {

class TpeSearch final : public Search {
 public:
  std::vector<Proposal> ask(const History& history, size_t most) const override;
};

}  // namespace sweetspot::search
