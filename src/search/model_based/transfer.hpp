// From a proxy to the network itself: what was best on a small network is where the search on a
// large one begins. Optimizers keep their order and rates their decade, roughly, from a network to
// a wider one (Yang et al., "Tensor programs V", arXiv:2203.03466, on where they do not: the best
// rate falls with the width), so that a few trainings around the proxy's best are enough.
// Thread-safety: pure function.
#pragma once

#include <memory>
#include <vector>

#include "search/search.hpp"

namespace sweetspot::search {

// The best of each of the three best choices that a search on a proxy ended with; for spaces of one
// number. The best first.
std::vector<space::Config> transfer_starts(const space::Space& space,
                                           const std::vector<SeenTrial>& on_proxy);

// The search that begins there. In spaces of several numbers it trains the ten best of the proxy.
std::unique_ptr<Search> make_transfer(const space::Space& space,
                                      const std::vector<SeenTrial>& on_proxy);

}  // namespace sweetspot::search
