// Grid search: every choice with every number of an even grid, as fine as the cost allows for.
#pragma once

#include "search/search.hpp"

namespace sweetspot::search {

class GridSearch final : public Search {
 public:
  // trials: how many the search may train.
  explicit GridSearch(size_t trials) : trials_(trials) {}
  std::vector<Proposal> ask(const History& history, size_t most) const override;

 private:
  size_t trials_;
};

// The configs of a space whose numbers take `levels` values each, both ends among them (the middle
// for one level). Whole numbers that come out the same are there once.
std::vector<space::Config> grid_of(const space::Space& space, size_t levels);

}  // namespace sweetspot::search
