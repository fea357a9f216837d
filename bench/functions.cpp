// Searches on test functions, one evaluation after the other: the median, over seeds, of what the
// best of EVALUATIONS lies above the optimum.
//   functions SEEDS EVALUATIONS [METHOD...]
#include "bench/functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "search/methods.hpp"
#include "sweetspot/error.hpp"

namespace {

using namespace sweetspot;
using namespace sweetspot::bench;

space::Space space_of(const TestFunction& function) {
  std::vector<space::Parameter> parameters;
  for (size_t i = 0; i < function.dimensions; ++i) {
    parameters.push_back({fmt::format("x{}", i), space::Uniform{function.low, function.high}});
  }
  return space::Space(std::move(parameters));
}

double best_of(const TestFunction& function, const std::string& method, uint64_t evaluations,
               uint64_t seed) {
  const space::Space space = space_of(function);
  const search::RoundOptions options = {.size = 1,
                                        .cost = {.steps = 0, .trials = evaluations},
                                        .seed = seed,
                                        .budget = 1,
                                        .check_every = 1};
  const auto search = search::make_search(method, space, options);
  search::Rounds rounds(*search, space, options);
  double best = INFINITY;
  while (!rounds.is_over()) {
    for (const search::Segment& segment : rounds.ask().segments) {
      std::vector<double> x;
      for (size_t i = 0; i < function.dimensions; ++i) {
        x.push_back(space::number_in(segment.config, fmt::format("x{}", i)));
      }
      const double value = function.value(x) - function.optimum;
      best = std::min(best, value);
      rounds.end(segment.trial, {1, {}, study::Outcome::exhausted, value});
    }
  }
  return best;
}

void print(const TestFunction& function, const std::vector<std::string>& methods, int seeds,
           uint64_t evaluations) {
  fmt::print("{:<20}", function.name);
  for (const std::string& method : methods) {
    std::vector<double> bests;
    for (int seed = 1; seed <= seeds; ++seed) {
      bests.push_back(best_of(function, method, evaluations, static_cast<uint64_t>(seed)));
    }
    std::sort(bests.begin(), bests.end());
    const size_t half = bests.size() / 2;
    const double median = bests.size() % 2 == 1 ? bests[half] : (bests[half - 1] + bests[half]) / 2;
    fmt::print("{:>12.2g}", median);
  }
  fmt::print("\n");
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  std::vector<std::string> methods(arguments + 3, arguments + count);
  if (methods.empty()) methods = {"random", "qmc", "tpe", "gp"};
  try {
    fmt::print("{:<20}", "function");
    for (const std::string& method : methods) fmt::print("{:>12}", method);
    fmt::print("\n");
    for (const TestFunction& function : test_functions()) {
      print(function, methods, std::atoi(arguments[1]),
            static_cast<uint64_t>(std::atoi(arguments[2])));
    }
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "functions: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
