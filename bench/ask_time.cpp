// How long a search takes for the ask after so many trials, over a space of optimizers, their rate
// and a conditional number; the median of the last 50 asks.
//   ask_time TRIALS [METHOD...]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include "search/methods.hpp"
#include "sweetspot/error.hpp"

namespace {

using namespace sweetspot;

double median_of_last(const std::string& method, uint64_t trials) {
  const space::Space space(
      {{"optimizer", space::Categorical{{"gd", "adam", "rmsprop"}}},
       {"learning_rate", space::LogUniform{1e-6, 100}},
       {"decay", space::Uniform{0.5, 0.999}, space::Condition{"optimizer", {"rmsprop"}}}});
  const search::RoundOptions options = {
      .size = 1, .cost = {.steps = 0, .trials = trials}, .budget = 8000};
  const auto search = search::make_search(method, space, options);
  search::Rounds rounds(*search, space, options);
  std::vector<double> seconds;
  while (!rounds.is_over()) {
    const auto start = std::chrono::steady_clock::now();
    const search::Round round = rounds.ask();
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    for (const search::Segment& segment : round.segments) {
      const double away = std::log10(space::number_in(segment.config, "learning_rate")) + 2;
      const bool works = away < 0.5;
      search::SegmentEnd end;
      end.steps = 8000;
      end.curve = {{8000, works ? 0.97 : 0.1}};
      end.outcome = works ? study::Outcome::reached : study::Outcome::hopeless;
      if (works) end.value = 1000 * std::exp(away * away);
      rounds.end(segment.trial, std::move(end));
    }
  }
  seconds.pop_back();  // the ask that found the cost spent
  const size_t last = std::min<size_t>(50, seconds.size());
  std::vector<double> tail(seconds.end() - static_cast<std::ptrdiff_t>(last), seconds.end());
  std::nth_element(tail.begin(), tail.begin() + static_cast<std::ptrdiff_t>(last / 2), tail.end());
  return tail[last / 2];
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  std::vector<std::string> methods(arguments + 2, arguments + count);
  if (methods.empty()) methods = {"random", "qmc", "tpe"};
  try {
    for (const std::string& method : methods) {
      fmt::print("{:<10}{:>10.3f} ms\n", method,
                 1e3 * median_of_last(method, static_cast<uint64_t>(std::atoi(arguments[1]))));
    }
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "ask_time: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
