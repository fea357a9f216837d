// Quasi-random search: points of Sobol's sequence, scrambled, which cover a space more evenly than
// random ones. Direction numbers: Joe and Kuo (SIAM J. Sci. Comput. 30, 2008), by Boost.Random.
// Scrambling: Owen's nested uniform scrambling by a hash (Burley, "Practical hash-based Owen
// scrambling", JCGT 9, 2020; the hash of Laine and Karras, 2011).
#pragma once

#include "search/search.hpp"

namespace sweetspot::search {

class SobolSearch final : public Search {
 public:
  std::vector<Proposal> ask(const History& history, size_t most) const override;
};

// Point number `index` of the scrambled sequence, in the open unit cube. dimensions: 1 to 1000.
std::vector<double> scrambled_sobol(size_t index, size_t dimensions, uint64_t seed);

// The same before it is scrambled: the first 32 bits of each coordinate.
std::vector<uint32_t> sobol_bits(size_t index, size_t dimensions);

}  // namespace sweetspot::search
