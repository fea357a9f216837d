#include "search/range_test/range_verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace sweetspot::search {
namespace {

constexpr double kLearnt = 0.7;
// Found on the tiny network and MNIST alone (docs/notes/find.md).
constexpr double kPlateau = 1.3;
constexpr double kAgreement = 2;
constexpr double kLeastConfidence = 0.5;
constexpr int kMostFirstRates = 6;
// What a run that was not finite counts as, times a guess's loss: a range test ends there.
constexpr double kFailed = 4;

double grid_rate(int half_decades) {
  const bool whole = half_decades % 2 == 0;
  const int decade = (half_decades - (whole ? 0 : 1)) / 2;
  return *parse_number(fmt::format("{}e{}", whole ? "1" : "3.16228", decade));
}

int nearest_on_grid(double rate) {
  return static_cast<int>(std::lround(2 * std::log10(rate)));
}

// The grid inside a range, whose ends may miss it by a rounding.
std::pair<int, int> grid_within(double low, double high) {
  constexpr double kRounding = 1e-6;
  return {static_cast<int>(std::ceil(2 * std::log10(low) - kRounding)),
          static_cast<int>(std::floor(2 * std::log10(high) + kRounding))};
}

// A rate with a loss that is always finite.
struct Point {
  double rate;
  double loss;
  bool learnt;
};

std::vector<Point> points_of(std::span<const ShortRuns> runs, int classes,
                             std::optional<size_t> seed) {
  const double failed = kFailed * std::log(classes);
  std::vector<Point> points;
  for (const ShortRuns& run : runs) {
    double sum = 0;
    size_t count = 0;
    bool learnt = true;
    for (size_t i = 0; i < run.losses.size(); ++i) {
      if (seed.has_value() && *seed != i) continue;
      sum += std::min(run.losses[i].value_or(failed), failed);
      learnt = learnt && is_learnt(run.losses[i], classes);
      ++count;
    }
    points.push_back({run.rate, sum / static_cast<double>(count), learnt});
  }
  return points;
}

// Of the rates at which all learnt, the one with the lowest loss.
std::optional<size_t> best_of(const std::vector<Point>& points) {
  std::optional<size_t> best;
  for (size_t i = 0; i < points.size(); ++i) {
    if (points[i].learnt && (!best.has_value() || points[i].loss < points[*best].loss)) best = i;
  }
  return best;
}

// Where the plateau around the best ends on one side: the logarithm of a rate, and whether a rate
// behind it was tried.
struct Edge {
  double log_rate;
  bool closed;
};
Edge edge_of(const std::vector<Point>& points, size_t best, int side) {
  // A loss of exactly 0 has no logarithm.
  constexpr double kLeastLoss = 1e-12;
  const double limit = kPlateau * std::max(points[best].loss, kLeastLoss);
  size_t in = best;
  while (true) {
    const bool is_last = side < 0 ? in == 0 : in + 1 == points.size();
    if (is_last) return {std::log(points[in].rate), false};
    const size_t out = side < 0 ? in - 1 : in + 1;
    if (points[out].learnt && points[out].loss <= limit) {
      in = out;
      continue;
    }
    const double inner = std::log(std::max(points[in].loss, kLeastLoss));
    const double outer = std::log(std::max(points[out].loss, limit));
    const double share = outer > inner ? (std::log(limit) - inner) / (outer - inner) : 0;
    const double from = std::log(points[in].rate);
    return {from + share * (std::log(points[out].rate) - from), true};
  }
}

double middle_of(const Edge& below, const Edge& above) {
  return std::exp((below.log_rate + above.log_rate) / 2);
}

std::optional<double> answer_of(const std::vector<Point>& points) {
  const std::optional<size_t> best = best_of(points);
  if (!best.has_value()) return std::nullopt;
  return middle_of(edge_of(points, *best, -1), edge_of(points, *best, 1));
}

std::pair<double, double> band_around(const std::vector<Point>& points, size_t best) {
  size_t first = best;
  size_t last = best;
  while (first > 0 && points[first - 1].learnt) --first;
  while (last + 1 < points.size() && points[last + 1].learnt) ++last;
  return {points[first].rate, points[last].rate};
}

}  // namespace

bool is_learnt(const std::optional<double>& loss, int classes) {
  return loss.has_value() && *loss < kLearnt * std::log(classes);
}

std::vector<double> first_rates(std::span<const double> suggestions, double low, double high) {
  if (suggestions.empty()) return {};
  const auto [lowest, highest] = std::minmax_element(suggestions.begin(), suggestions.end());
  const auto [first, last] = grid_within(low, high);
  const int to = std::clamp(nearest_on_grid(*highest), first, last);
  const int from = std::clamp(nearest_on_grid(*lowest), first, last);
  std::vector<double> rates;
  for (int i = std::max(from, to - kMostFirstRates + 1); i <= to; ++i) {
    rates.push_back(grid_rate(i));
  }
  return rates;
}

std::vector<double> further_rates(std::span<const ShortRuns> runs, int classes, double low,
                                  double high) {
  if (runs.empty()) return {};
  const std::vector<Point> points = points_of(runs, classes, std::nullopt);
  const std::optional<size_t> best = best_of(points);
  bool down = false;
  bool up = false;
  if (best.has_value()) {
    down = !edge_of(points, *best, -1).closed;
    up = !edge_of(points, *best, 1).closed;
  } else if (runs.size() < kMostRates) {
    // Towards the end with the lower loss; where both diverge, rates are too high.
    down = points.front().loss <= points.back().loss;
    up = !down;
  }
  const auto [first, last] = grid_within(low, high);
  const int below = nearest_on_grid(points.front().rate) - 1;
  const int above = nearest_on_grid(points.back().rate) + 1;
  std::vector<double> rates;
  if (down && below >= first) rates.push_back(grid_rate(below));
  if (up && above <= last) rates.push_back(grid_rate(above));
  return rates;
}

RangeVerdict judge_short_runs(std::span<const ShortRuns> runs, int classes) {
  RangeVerdict verdict;
  if (runs.empty()) {
    verdict.doubt = "the range test's loss never falls, or is not finite from the start";
    return verdict;
  }
  const std::vector<Point> points = points_of(runs, classes, std::nullopt);
  const size_t seeds = runs.front().losses.size();
  for (size_t seed = 0; seed < seeds; ++seed) {
    verdict.by_seed.push_back(answer_of(points_of(runs, classes, seed)));
  }
  const std::optional<size_t> best = best_of(points);
  if (!best.has_value()) {
    verdict.doubt = fmt::format(
        "at none of the rates from {} to {} did every seed bring the loss below {:.2f} of a "
        "guess's",
        shortest(points.front().rate), shortest(points.back().rate), kLearnt);
    verdict.open_below = points.front().loss <= points.back().loss;
    verdict.open_above = !verdict.open_below;
    return verdict;
  }
  const Edge below = edge_of(points, *best, -1);
  const Edge above = edge_of(points, *best, 1);
  const double rate = middle_of(below, above);
  const auto agree = std::count_if(
      verdict.by_seed.begin(), verdict.by_seed.end(), [&](const std::optional<double>& own) {
        return own.has_value() && *own <= kAgreement * rate && rate <= kAgreement * *own;
      });
  if (seeds > 1) {
    verdict.confidence = static_cast<double>(agree) / static_cast<double>(seeds);
    if (*verdict.confidence < kLeastConfidence) {
      verdict.doubt = fmt::format("only {} of {} seeds agree, within a factor of {}, on {:.3g}",
                                  agree, seeds, kAgreement, rate);
      return verdict;
    }
  }
  verdict.rate = rate;
  verdict.band = band_around(points, *best);
  verdict.open_below = !below.closed;
  verdict.open_above = !above.closed;
  return verdict;
}

}  // namespace sweetspot::search
