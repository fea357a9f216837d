// Searches on test functions, one evaluation after the other: the median, over seeds, of what the
// best of EVALUATIONS lies above the optimum.
//   functions SEEDS EVALUATIONS [--noise PERCENT] [METHOD...]
// With noise every value gets a Gaussian's, of so many percent of the function's own deviation over
// its box. A method has two columns then, both judged without the noise: the answer, and the
// luckiest evaluation.
#include "bench/functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "search/answer.hpp"
#include "search/draws.hpp"
#include "search/fixed/sobol_search.hpp"
#include "search/methods.hpp"
#include "sweetspot/error.hpp"

namespace {

using namespace sweetspot;
using namespace sweetspot::bench;

// Apart from the numbers that a search draws by the same seed.
constexpr uint64_t kNoise = uint64_t{1} << 32;

space::Space space_of(const TestFunction& function) {
  std::vector<space::Parameter> parameters;
  for (size_t i = 0; i < function.dimensions; ++i) {
    parameters.push_back({fmt::format("x{}", i), space::Uniform{function.low, function.high}});
  }
  return space::Space(std::move(parameters));
}

std::vector<double> point_of(const TestFunction& function, const space::Config& config) {
  std::vector<double> x;
  for (size_t i = 0; i < function.dimensions; ++i) {
    x.push_back(space::number_in(config, fmt::format("x{}", i)));
  }
  return x;
}

// Over the box, by Sobol points.
double deviation_of(const TestFunction& function) {
  constexpr size_t kPoints = 4096;
  const space::Space space = space_of(function);
  double sum = 0;
  double squares = 0;
  for (size_t i = 0; i < kPoints; ++i) {
    const std::vector<double> unit = search::scrambled_sobol(i, space.size(), 1);
    const double value = function.value(point_of(function, space.config_at(unit)));
    sum += value;
    squares += value * value;
  }
  const double mean = sum / kPoints;
  return std::sqrt(squares / kPoints - mean * mean);
}

// How far above the optimum, without the noise.
struct Found {
  double answer;
  double luckiest;
};

Found search_function(const TestFunction& function, const std::string& method, double noise,
                      uint64_t evaluations, uint64_t seed) {
  const space::Space space = space_of(function);
  const search::RoundOptions options = {.size = 1,
                                        .cost = {.steps = 0, .trials = evaluations},
                                        .seed = seed,
                                        .budget = 1,
                                        .check_every = 1};
  const auto search = search::make_search(method, space, options);
  search::Rounds rounds(*search, space, options);
  while (!rounds.is_over()) {
    for (const search::Segment& segment : rounds.ask().segments) {
      const double drawn = search::Draws(seed + kNoise, segment.trial).normal();
      const double value = function.value(point_of(function, segment.config)) + noise * drawn;
      rounds.end(segment.trial, {1, {}, study::Outcome::exhausted, value - function.optimum});
    }
  }
  const std::vector<search::SeenTrial>& trials = rounds.all();
  const auto luckiest = std::min_element(
      trials.begin(), trials.end(), [](const auto& a, const auto& b) { return a.value < b.value; });
  const auto above = [&](const space::Config& config) {
    return function.value(point_of(function, config)) - function.optimum;
  };
  return {above(trials[*search::best_trial(space, trials)].config), above(luckiest->config)};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void print(const TestFunction& function, const std::vector<std::string>& methods, double noise,
           int seeds, uint64_t evaluations) {
  fmt::print("{:<20}", function.name);
  const double deviation = noise > 0 ? noise * deviation_of(function) : 0;
  for (const std::string& method : methods) {
    std::vector<double> answers;
    std::vector<double> luckiest;
    for (int seed = 1; seed <= seeds; ++seed) {
      const Found found =
          search_function(function, method, deviation, evaluations, static_cast<uint64_t>(seed));
      answers.push_back(found.answer);
      luckiest.push_back(found.luckiest);
    }
    if (noise > 0) fmt::print("{:>12.2g}", median(answers));
    fmt::print("{:>12.2g}", median(luckiest));
  }
  fmt::print("\n");
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  std::vector<std::string> methods(arguments + 3, arguments + count);
  double noise = 0;
  if (methods.size() >= 2 && methods.front() == "--noise") {
    noise = std::atof(methods[1].c_str()) / 100;
    methods.erase(methods.begin(), methods.begin() + 2);
  }
  if (methods.empty()) methods = {"random", "qmc", "tpe", "gp"};
  try {
    fmt::print("{:<20}", "function");
    for (const std::string& method : methods) {
      fmt::print("{:>12}", method);
      if (noise > 0) fmt::print("{:>12}", "luckiest");
    }
    fmt::print("\n");
    for (const TestFunction& function : test_functions()) {
      print(function, methods, noise, std::atoi(arguments[1]),
            static_cast<uint64_t>(std::atoi(arguments[2])));
    }
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "functions: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
