// The toy of population-based training (Jaderberg et al., arXiv:1711.09846, figure 2): two workers
// maximise Q = 1.2 - t0^2 - t1^2 by steps along the gradient of a surrogate with weights h, which
// are what the population learns; none alone points the right way.
// Thread-safety: pure functions.
#pragma once

#include <algorithm>
#include <array>
#include <map>

#include "search/population/pbt.hpp"
#include "search/rounds.hpp"

namespace sweetspot::bench {

constexpr uint64_t kToySteps = 200;
constexpr uint64_t kToyReady = 10;

// The best Q of the two workers at the end. A `ready` of kToySteps never exploits nor explores.
inline double pbt_toy(search::Exploit exploit, uint64_t ready, uint64_t seed) {
  using Weights = std::array<double, 2>;
  const auto h_of = [](const space::Config& config) {
    return Weights{space::number_in(config, "h0"), space::number_in(config, "h1")};
  };
  const space::Space space({{"h0", space::Uniform{-5, 5}}, {"h1", space::Uniform{-5, 5}}});
  const search::PbtSearch search(
      {.population = 2,
       .ready = ready,
       .steps = kToySteps,
       .exploit = exploit,
       .explore = search::Explore::normal,
       .everyone_explores = true,
       .deviation = 0.01,
       .first = {{{"h0", 1.0}, {"h1", 0.0}}, {{"h0", 0.0}, {"h1", 1.0}}}});
  search::Rounds rounds(
      search, space, {.size = 2, .cost = {}, .seed = seed, .budget = kToySteps, .check_every = 1});
  std::map<size_t, Weights> at;
  double best = -1;
  while (!rounds.is_over()) {
    for (const search::Segment& segment : rounds.ask().segments) {
      Weights& t = at.try_emplace(segment.trial, Weights{0.9, 0.9}).first->second;
      if (segment.origin.has_value() && segment.is_new) t = at.at(segment.origin->trial);
      const Weights h = h_of(segment.config);
      for (uint64_t step = segment.from; step < segment.until; ++step) {
        for (size_t i = 0; i < 2; ++i) t[i] -= 0.02 * h[i] * t[i];
      }
      const double q = 1.2 - t[0] * t[0] - t[1] * t[1];
      search::SegmentEnd end{segment.until, {{segment.until, q}}, {}, {}};
      if (segment.is_last) {
        end.outcome = study::Outcome::exhausted;
        best = std::max(best, q);
      }
      rounds.end(segment.trial, std::move(end));
    }
  }
  return best;
}

}  // namespace sweetspot::bench
