// Successive halving without waiting (ASHA: Li et al., "A system for massively parallel
// hyperparameter tuning", MLSys 2020) and Hyperband (Li et al., JMLR 18, 2018). Trials train to the
// first rung of their bracket and pause; of those that came to a rung the best 1/eta go on to the
// next one, from where they stand. Resources are steps, and metrics are compared at equal steps.
#pragma once

#include <cstdint>
#include <vector>

#include "search/search.hpp"

namespace sweetspot::search {

constexpr uint64_t kEta = 3;

// least, least * eta, ... as far as `most`: 5 rungs for (1, 81, 3), 6 for (1, 243, 3).
std::vector<uint64_t> rungs(uint64_t least, uint64_t most, uint64_t eta);

// A run of halving: how many configs start, and with how much of the resource.
struct Bracket {
  uint64_t configs;
  uint64_t resource;
  bool operator==(const Bracket&) const = default;
};

// Hyperband's, the one that stops most first: (81, 1), (34, 3), (15, 9), (8, 27), (5, 81) for
// (81, 3).
std::vector<Bracket> hyperband_brackets(uint64_t most, uint64_t eta);

class HalvingSearch final : public Search {
 public:
  enum class Kind { one_bracket, hyperband };
  explicit HalvingSearch(Kind kind) : kind_(kind) {}
  std::vector<Proposal> ask(const History& history, size_t most) const override;

 private:
  Kind kind_;
};

}  // namespace sweetspot::search
