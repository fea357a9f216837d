#include <fmt/format.h>

#include <cmath>

#include "base/text.hpp"
#include "report/claims/claim_tests.hpp"

namespace sweetspot::report {
namespace {

// Of a line's steps about its fit; zero where it has none.
double variance_about_fit(const SizeLine& line) {
  const std::optional<LineFit> fit = line.fit(TimeUnit::steps);
  if (!fit.has_value()) return 0;
  double sum = 0;
  for (const SizePoint& p : line.points) {
    if (!p.all_reached()) continue;
    const double fitted = fit->intercept + fit->slope * static_cast<double>(p.network.weights);
    sum += std::pow(p.steps - fitted, 2);
  }
  return sum / fit->count;
}

// Steps of both over the sizes that both train; none where there are no such.
std::optional<std::pair<double, double>> shared_steps(const SizeLine& a, const SizeLine& b) {
  std::pair<double, double> sums = {0, 0};
  for (size_t i = 0; i < a.points.size(); ++i) {
    if (!a.points[i].all_reached() || !b.points[i].all_reached()) continue;
    sums.first += a.points[i].steps;
    sums.second += b.points[i].steps;
  }
  return sums.first > 0 ? std::optional(sums) : std::nullopt;
}

}  // namespace

std::optional<Finding> time_is_linear(const Evidence& evidence) {
  if (!evidence.sizes.has_value()) return std::nullopt;
  const SizeLine* line = widest_line(*evidence.sizes);
  if (line == nullptr) return std::nullopt;
  const auto fit = line->fit(TimeUnit::seconds);
  if (!fit.has_value() || static_cast<size_t>(fit->count) < kEnoughPoints) return std::nullopt;
  Finding finding = {fit->r_squared, fit->r_squared >= 0.8 && fit->slope_interval.first > 0, ""};
  for (const TimeUnit unit : {TimeUnit::steps, TimeUnit::operations}) {
    const auto other = line->fit(unit);
    finding.detail +=
        fmt::format("{}in {}: R squared {:.2f}, slope {:.3g}", finding.detail.empty() ? "" : "; ",
                    name_of(unit), other->r_squared, other->slope);
  }
  return finding;
}

std::optional<Finding> best_rate_stays(const Evidence& evidence) {
  if (!evidence.sizes.has_value() || evidence.sizes->best.size() < 2) return std::nullopt;
  const BestAtSize& first = evidence.sizes->best.front();
  const BestAtSize& last = evidence.sizes->best.back();
  if (!first.best.has_value() || !last.best.has_value()) return std::nullopt;
  Finding finding;
  if (last.steps_at_first_best.has_value()) {
    finding.number = *last.steps_at_first_best / last.best->steps;
  }
  finding.holds = finding.number.has_value() && *finding.number <= 1.05;
  finding.detail = fmt::format("best at {}x: {}, at {}x: {}", shortest(first.network.scale),
                               shortest(first.best->learning_rate), shortest(last.network.scale),
                               shortest(last.best->learning_rate));
  return finding;
}

std::optional<Finding> time_grows_above(const Evidence& evidence) {
  if (!evidence.sizes.has_value()) return std::nullopt;
  const std::vector<SizeLine>& lines = evidence.sizes->lines;
  int pairs = 0;
  int grown = 0;
  for (size_t i = 1; i < lines.size(); ++i) {
    const SizeLine& lower = lines[i - 1];
    const SizeLine& higher = lines[i];
    if (lower.learning_rate < 1e-3 || lower.optimizer != higher.optimizer) continue;
    const auto steps = shared_steps(lower, higher);
    if (!steps.has_value()) continue;
    ++pairs;
    const bool more_variance = variance_about_fit(higher) > variance_about_fit(lower);
    grown += steps->second > steps->first && more_variance ? 1 : 0;
  }
  if (pairs < 2) return std::nullopt;
  return Finding{static_cast<double>(grown) / pairs, grown == pairs,
                 fmt::format("{} pairs of rates", pairs)};
}

std::optional<Finding> one_rate_for_all_sizes(const Evidence& evidence) {
  if (!evidence.sizes.has_value() || evidence.sizes->lines.empty()) return std::nullopt;
  const size_t sizes = evidence.sizes->lines.front().points.size();
  if (sizes < 3) return std::nullopt;
  const SizeLine* line = widest_line(*evidence.sizes);
  if (line == nullptr) return Finding{0.0, false, ""};
  const double share = static_cast<double>(line->sizes_reached()) / static_cast<double>(sizes);
  return Finding{share, share == 1,
                 fmt::format("{} at {}", line->optimizer, shortest(line->learning_rate))};
}

}  // namespace sweetspot::report
