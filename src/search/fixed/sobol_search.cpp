#include "search/fixed/sobol_search.hpp"

#include <boost/random/sobol.hpp>

#include "base/random.hpp"

namespace sweetspot::search {
namespace {

uint32_t reversed(uint32_t bits) {
  bits = bits << 16 | bits >> 16;
  bits = (bits & 0x00FF00FFU) << 8 | (bits & 0xFF00FF00U) >> 8;
  bits = (bits & 0x0F0F0F0FU) << 4 | (bits & 0xF0F0F0F0U) >> 4;
  bits = (bits & 0x33333333U) << 2 | (bits & 0xCCCCCCCCU) >> 2;
  return (bits & 0x55555555U) << 1 | (bits & 0xAAAAAAAAU) >> 1;
}

// A bit is changed by those below it alone.
uint32_t permuted(uint32_t bits, uint32_t seed) {
  bits += seed;
  bits ^= bits * 0x6C50B47CU;
  bits ^= bits * 0xB82F1E52U;
  bits ^= bits * 0xC7AFE638U;
  bits ^= bits * 0x8D22F6E6U;
  return bits;
}

}  // namespace

std::vector<uint32_t> sobol_bits(size_t index, size_t dimensions) {
  std::vector<uint32_t> point(dimensions, 0);
  // Boost's sequence begins with its second point, the first being zero.
  if (index == 0) return point;
  using Engine = boost::random::sobol_engine<uint32_t, 32>;
  Engine engine(dimensions);
  engine.seed(static_cast<uint32_t>(index - 1));
  for (uint32_t& coordinate : point) coordinate = engine();
  return point;
}

std::vector<double> scrambled_sobol(size_t index, size_t dimensions, uint64_t seed) {
  constexpr double kWords = 4294967296.0;
  std::vector<double> point;
  const std::vector<uint32_t> bits = sobol_bits(index, dimensions);
  for (size_t i = 0; i < dimensions; ++i) {
    const uint32_t key = random_words(seed, Purpose::search, 1, 0, static_cast<uint32_t>(i))[0];
    point.push_back((reversed(permuted(reversed(bits[i]), key)) + 0.5) / kWords);
  }
  return point;
}

std::vector<Proposal> SobolSearch::ask(const History& history, size_t most) const {
  std::vector<Proposal> proposals;
  for (size_t i = 0; i < most; ++i) {
    const size_t trial = history.trials.size() + i;
    const std::vector<double> point = scrambled_sobol(trial, history.space.size(), history.seed);
    proposals.push_back(Proposal::new_trial(history.space.config_at(point), history.budget));
  }
  return proposals;
}

}  // namespace sweetspot::search
