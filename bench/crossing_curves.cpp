// Searches that stop early, on a family of learning curves that cross: 81 configs, R = 81 units,
// eta = 3. Cost in units of 81 x 81 = 6,561; regret in the final metric of the config that each
// ends with. Synchronous halving, computed here beside them, costs 297 units.
//   crossing_curves SEEDS
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>

#include "search/draws.hpp"
#include "search/methods.hpp"
#include "search/multi_fidelity/halving.hpp"
#include "sweetspot/error.hpp"

namespace {

using namespace sweetspot;

constexpr uint64_t kUnit = 2;  // steps: rungs are at least two checks
constexpr uint64_t kMost = 81;
constexpr size_t kConfigs = 81;

// Accuracy after t units: what is good in the end starts more slowly, so that curves cross.
double accuracy(const space::Config& config, double t) {
  const double quality = space::number_in(config, "quality");
  const double haste = space::number_in(config, "haste");
  const double last = 0.6 + 0.35 * quality;
  const double speed = 0.15 + 0.85 * haste * (1 - 0.6 * quality);
  return last - (last - 0.1) * std::pow(1 + t, -speed);
}

struct Ended {
  double cost;    // units
  double regret;  // of the final metric, beside the best of the same 81 configs
};

space::Space curves() {
  return space::Space({{"quality", space::Uniform{0, 1}}, {"haste", space::Uniform{0, 1}}});
}

double final_accuracy(const space::Config& config) {
  return accuracy(config, static_cast<double>(kMost));
}

double best_final(const std::vector<search::SeenTrial>& trials) {
  double best = 0;
  for (const search::SeenTrial& t : trials) best = std::max(best, final_accuracy(t.config));
  return best;
}

Ended run(const std::string& method, uint64_t seed) {
  const space::Space space = curves();
  const search::RoundOptions options = {.size = 1,
                                        .cost = {.steps = 0, .trials = kConfigs},
                                        .seed = seed,
                                        .budget = kMost * kUnit,
                                        .check_every = 1};
  const auto search = search::make_search(method, space, options);
  search::Rounds rounds(*search, space, options);
  while (!rounds.is_over()) {
    for (const search::Segment& segment : rounds.ask().segments) {
      search::SegmentEnd end;
      end.steps = segment.until;
      for (uint64_t step = segment.from + 1; step <= segment.until; ++step) {
        end.curve.push_back({step, accuracy(segment.config, static_cast<double>(step) / kUnit)});
      }
      if (segment.until == options.budget) {
        end.outcome = study::Outcome::exhausted;
        end.value = -end.curve.back().metric;
      }
      rounds.end(segment.trial, std::move(end));
    }
  }
  double found = 0;
  for (const search::SeenTrial& t : rounds.all()) {
    if (t.value.has_value()) found = std::max(found, -*t.value);
  }
  return {static_cast<double>(rounds.spent()) / kUnit, best_final(rounds.all()) - found};
}

// The same configs as the others' first 81, halved all at once.
Ended synchronous(uint64_t seed) {
  const space::Space space = curves();
  const search::RoundOptions options = {.size = 1,
                                        .cost = {.steps = 0, .trials = kConfigs},
                                        .seed = seed,
                                        .budget = 1,
                                        .check_every = 1};
  const auto search = search::make_search("qmc", space, options);
  search::Rounds rounds(*search, space, options);
  while (!rounds.is_over()) {
    for (const search::Segment& s : rounds.ask().segments) {
      rounds.end(s.trial, {1, {}, study::Outcome::exhausted, 0.0});
    }
  }
  std::vector<space::Config> left;
  for (const search::SeenTrial& t : rounds.all()) left.push_back(t.config);
  uint64_t cost = 0;
  uint64_t before = 0;
  for (const uint64_t rung : search::rungs(1, kMost, search::kEta)) {
    cost += left.size() * (rung - before);
    before = rung;
    const auto t = static_cast<double>(rung);
    std::stable_sort(left.begin(), left.end(),
                     [&](const auto& a, const auto& b) { return accuracy(a, t) > accuracy(b, t); });
    left.resize(std::max<size_t>(1, left.size() / search::kEta));
  }
  return {static_cast<double>(cost), best_final(rounds.all()) - final_accuracy(left.front())};
}

void print(const std::string& name, std::vector<Ended> ends) {
  const auto quantile = [&](double share, double Ended::*what) {
    std::vector<double> values;
    for (const Ended& e : ends) values.push_back(e.*what);
    std::sort(values.begin(), values.end());
    return values[static_cast<size_t>(std::lround(share * static_cast<double>(values.size() - 1)))];
  };
  fmt::print("{:<14}{:>8.0f}{:>8.0f}{:>10.4f}{:>10.4f}\n", name, quantile(0.5, &Ended::cost),
             quantile(0.9, &Ended::cost), quantile(0.5, &Ended::regret),
             quantile(0.9, &Ended::regret));
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const int seeds = std::atoi(arguments[1]);
  try {
    fmt::print("{:<14}{:>8}{:>8}{:>10}{:>10}\n", "method", "cost", "90 %", "regret", "90 %");
    for (const std::string method : {"qmc", "median", "halving", "hyperband"}) {
      std::vector<Ended> ends;
      for (int seed = 1; seed <= seeds; ++seed)
        ends.push_back(run(method, static_cast<uint64_t>(seed)));
      print(method == "qmc" ? "full runs" : method, std::move(ends));
    }
    std::vector<Ended> ends;
    for (int seed = 1; seed <= seeds; ++seed)
      ends.push_back(synchronous(static_cast<uint64_t>(seed)));
    print("synchronous", std::move(ends));
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "crossing_curves: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
