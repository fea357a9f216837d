#include "report/claim_tests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "report/size_summary.hpp"

namespace sweetspot::report {

// 7
Claim time_is_linear(const Summary* size) {
  Claim claim = {
      .id = 7,
      .claim = "Training time grows linearly with the size of the network.",
      .threshold = "at least 0.8, with a slope above 0 at 95 %",
      .test = "R squared of compute seconds = c + k n, at the rate that trains most sizes"};
  if (size == nullptr) return claim;
  const SizeSummary sizes = summarize_sizes(*size);
  const SizeLine* line = widest_line(sizes);
  if (line == nullptr) return claim;
  const auto fit = line->fit(TimeUnit::seconds);
  if (!fit.has_value() || fit->count < kEnoughReached) return claim;
  claim.number = fit->r_squared;
  claim.verdict = verdict_if(fit->r_squared >= 0.8 && fit->slope_interval.first > 0);
  for (const TimeUnit unit : {TimeUnit::steps, TimeUnit::operations}) {
    const auto other = line->fit(unit);
    claim.detail +=
        fmt::format("{}in {}: R squared {:.2f}, slope {:.3g}", claim.detail.empty() ? "" : "; ",
                    name_of(unit), other->r_squared, other->slope);
  }
  return claim;
}

// 8
Claim best_rate_stays(const Summary* size) {
  Claim claim = {.id = 8,
                 .claim = "The learning rate that is best at 1x is best at 10x.",
                 .threshold = "at most 1.05",
                 .test =
                     "steps at the largest size with the smallest size's best rate, over the "
                     "fewest steps there"};
  if (size == nullptr) return claim;
  const SizeSummary sizes = summarize_sizes(*size);
  if (sizes.best.size() < 2 || !sizes.best.front().best.has_value() ||
      !sizes.best.back().best.has_value()) {
    return claim;
  }
  const BestAtSize& last = sizes.best.back();
  if (last.steps_at_first_best.has_value()) {
    claim.number = *last.steps_at_first_best / last.best->steps;
  }
  claim.verdict = verdict_if(claim.number.has_value() && *claim.number <= 1.05);
  claim.detail =
      fmt::format("best at {}x: {}, at {}x: {}", shortest(sizes.best.front().network.scale),
                  shortest(sizes.best.front().best->learning_rate), shortest(last.network.scale),
                  shortest(last.best->learning_rate));
  return claim;
}

// 9
Claim time_grows_above(const Summary* size) {
  Claim claim = {.id = 9,
                 .claim = "Above 1e-3 time and its variance grow with the learning rate.",
                 .threshold = "1",
                 .test =
                     "share of neighbouring rates from 1e-3 on of which the higher has more "
                     "steps (mean over the sizes that both train) and more variance about its "
                     "fitted line"};
  if (size == nullptr) return claim;
  const SizeSummary sizes = summarize_sizes(*size);
  const SizeLine* before = nullptr;
  int pairs = 0;
  int grown = 0;
  for (const SizeLine& line : sizes.lines) {
    if (line.learning_rate < 1e-3 || line.optimizer != sizes.lines.front().optimizer) continue;
    if (before != nullptr) {
      double sum_before = 0;
      double sum_here = 0;
      for (size_t i = 0; i < line.points.size(); ++i) {
        if (!line.points[i].all_reached() || !before->points[i].all_reached()) continue;
        sum_before += before->points[i].steps;
        sum_here += line.points[i].steps;
      }
      const auto variance = [](const SizeLine& l) {
        const auto fit = l.fit(TimeUnit::steps);
        double sum = 0;
        for (const SizePoint& p : l.points) {
          if (!fit.has_value() || !p.all_reached()) continue;
          sum += std::pow(
              p.steps - fit->intercept - fit->slope * static_cast<double>(p.network.weights), 2);
        }
        return fit.has_value() ? sum / fit->count : 0;
      };
      if (sum_before > 0) {
        ++pairs;
        grown += sum_here > sum_before && variance(line) > variance(*before) ? 1 : 0;
      }
    }
    before = &line;
  }
  if (pairs < 2) return claim;
  claim.number = static_cast<double>(grown) / pairs;
  claim.verdict = verdict_if(grown == pairs);
  claim.detail = fmt::format("{} pairs of rates", pairs);
  return claim;
}

// 11
Claim one_rate_for_all_sizes(const Summary* size) {
  Claim claim = {.id = 11,
                 .claim = "One learning rate trains at every size.",
                 .threshold = "1",
                 .test = "the largest share of sizes that one rate trains"};
  if (size == nullptr) return claim;
  const SizeSummary sizes = summarize_sizes(*size);
  const SizeLine* line = widest_line(sizes);
  if (sizes.lines.empty() || sizes.lines.front().points.size() < 3) return claim;
  double share = 0;
  if (line != nullptr) {
    const auto reached = std::count_if(line->points.begin(), line->points.end(),
                                       [](const SizePoint& p) { return p.all_reached(); });
    share = static_cast<double>(reached) / static_cast<double>(line->points.size());
    claim.detail = fmt::format("{} at {}", line->optimizer, shortest(line->learning_rate));
  }
  claim.number = share;
  claim.verdict = verdict_if(share == 1);
  return claim;
}

}  // namespace sweetspot::report
