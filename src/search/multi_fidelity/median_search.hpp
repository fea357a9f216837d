// The median stopping rule (Golovin et al., "Google Vizier: a service for black-box optimization",
// KDD 2017, section 3.2.1): a trial stops where the best metric that it has come to is below the
// median of the others' averages up to the same step. Configs are Sobol points, and each is looked
// at ten times on its way to the budget.
#pragma once

#include "search/search.hpp"

namespace sweetspot::search {

class MedianSearch final : public Search {
 public:
  std::vector<Proposal> ask(const History& history, size_t most) const override;
};

// Whether trial `index`, which stands at `steps`, stops. Only metrics up to that step count; those
// of fewer than five others are too few to stop anything.
bool is_below_median(const std::vector<SeenTrial>& trials, size_t index, uint64_t steps);

}  // namespace sweetspot::search
