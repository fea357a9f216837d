// Population-based training's toy (the paper's figure 2) over 200 seeds: the grid, which trains
// each worker with what it starts with; exploring alone; exploiting and exploring.
//   pbt_toy SEEDS
#include "bench/pbt_toy.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace {

void print(const char* name, sweetspot::search::Exploit exploit, uint64_t ready, int seeds) {
  std::vector<double> ends;
  for (int seed = 1; seed <= seeds; ++seed) {
    ends.push_back(sweetspot::bench::pbt_toy(exploit, ready, static_cast<uint64_t>(seed)));
  }
  std::sort(ends.begin(), ends.end());
  const auto at = [&](double share) {
    return ends[static_cast<size_t>(share * static_cast<double>(ends.size() - 1))];
  };
  fmt::print("{:<16}{:>8.3f}{:>8.3f}{:>8.3f}\n", name, at(0.1), at(0.5), at(0.9));
}

}  // namespace

int main(int count, char** arguments) {
  using sweetspot::search::Exploit;
  if (count < 2) return 2;
  const int seeds = std::atoi(arguments[1]);
  fmt::print("{:<16}{:>8}{:>8}{:>8}\n", "Q at the end", "10 %", "median", "90 %");
  print("grid", Exploit::none, sweetspot::bench::kToySteps, 1);
  print("explore alone", Exploit::none, sweetspot::bench::kToyReady, seeds);
  print("pbt", Exploit::tournament, sweetspot::bench::kToyReady, seeds);
  return 0;
}
