// What `auto` does with the rest of its cost where steps are noisy: fresh trainings where the best
// may be, each to the target, so that its answer rests on many and not on a lucky one. The next
// goes where the lower confidence bound is least (Srinivas et al., "Gaussian process optimization
// in the bandit setting", ICML 2010), until the best is known well enough. Thread-safety: pure
// function.
#pragma once

#include <vector>

#include "search/search.hpp"

namespace sweetspot::search {

// At most `most`, over choices and one number. None where there is no noise.
std::vector<Proposal> fresh_trainings(const History& history, const space::Parameter& number,
                                      size_t most);

}  // namespace sweetspot::search
