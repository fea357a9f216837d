// Random search (Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 13,
// 2012): every parameter is drawn from its distribution, whatever has been seen.
#pragma once

#include "search/search.hpp"

namespace sweetspot::search {

class RandomSearch final : public Search {
 public:
  std::vector<Proposal> ask(const History& history, size_t most) const override;
};

// A config drawn for the trial of that number.
space::Config random_config(const History& history, size_t trial);

}  // namespace sweetspot::search
