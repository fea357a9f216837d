#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.hpp"
#include "report/claims/claim_tests.hpp"
#include "report/summary/valley_fit.hpp"

namespace sweetspot::report {
namespace {

constexpr double kStuckAccuracy = 0.2;  // twice the chance of ten classes
constexpr double kRise = 1.05;          // of a loss: less is the noise of one that stands still

double decades(const OptimizerSummary& o) {
  return o.band.has_value() ? std::log10(o.band->second / o.band->first) : -1;
}

// The mean change of log10(steps) from a rate to the next that also trains.
double roughness(const OptimizerSummary& o) {
  if (o.times.size() < 2) return std::numeric_limits<double>::infinity();
  double sum = 0;
  for (auto at = std::next(o.times.begin()); at != o.times.end(); ++at) {
    sum += std::abs(std::log10(at->second / std::prev(at)->second));
  }
  return sum / static_cast<double>(o.times.size() - 1);
}

// The last value of a metric over the first; none where either is not finite.
std::optional<double> growth(const study::Curve& curve, const char* metric) {
  const auto found = std::find(curve.metrics.begin(), curve.metrics.end(), metric);
  const auto column = static_cast<size_t>(found - curve.metrics.begin());
  if (found == curve.metrics.end() || curve.points.empty()) return std::nullopt;
  const std::optional<double>& first = curve.points.front().values[column];
  const std::optional<double>& last = curve.points.back().values[column];
  if (!first.has_value() || !last.has_value()) return std::nullopt;
  return *last / *first;
}

const OptimizerSummary* find_optimizer(const Summary& sweep, const char* name) {
  const auto found = std::find_if(sweep.optimizers.begin(), sweep.optimizers.end(),
                                  [&](const OptimizerSummary& o) { return o.optimizer == name; });
  return found == sweep.optimizers.end() ? nullptr : &*found;
}

// The fewest steps of all optimizers.
std::optional<double> fastest_of(const Summary& sweep) {
  std::optional<double> fastest;
  for (const OptimizerSummary& o : sweep.optimizers) {
    if (o.best.has_value()) fastest = std::min(fastest.value_or(o.best->steps), o.best->steps);
  }
  return fastest;
}

std::string tuned_words(const Summary& tuned, double fastest) {
  const study::Trial* best = nullptr;
  int reached = 0;
  for (const auto& [trial, curve] : tuned.trials) {
    if (trial.outcome != study::Outcome::reached) continue;
    ++reached;
    if (best == nullptr || trial.steps < best->steps) best = &trial;
  }
  const std::string share =
      fmt::format("{} of {} trainings of that grid reach the target", reached, tuned.trials.size());
  if (best == nullptr) return "tuned: " + share;
  return fmt::format("tuned ({}): {} steps, {:.2f} times the fastest; {}",
                     space::text_of(best->config), best->steps,
                     static_cast<double>(best->steps) / fastest, share);
}

}  // namespace

std::optional<Finding> most_rates_fail(const Evidence& evidence) {
  if (evidence.sweep == nullptr) return std::nullopt;
  double most = 0;
  for (const OptimizerSummary& o : evidence.sweep->optimizers) {
    most = std::max(most, static_cast<double>(o.reached) / std::max(1, o.trials));
  }
  return Finding{most, most < 0.5, ""};
}

std::optional<Finding> curves_are_valleys(const Evidence& evidence) {
  if (evidence.sweep == nullptr) return std::nullopt;
  Finding finding;
  for (const OptimizerSummary& o : evidence.sweep->optimizers) {
    if (o.times.size() < kEnoughPoints) continue;
    std::vector<double> logs;
    for (const auto& [rate, steps] : o.times) logs.push_back(std::log(steps));
    const double fit = valley_fit(logs);
    finding.number = std::min(finding.number.value_or(1), fit);
    finding.detail +=
        fmt::format("{}{} {:.2f}", finding.detail.empty() ? "" : ", ", o.optimizer, fit);
  }
  if (!finding.number.has_value()) return std::nullopt;
  finding.holds = *finding.number >= 0.8;
  return finding;
}

std::optional<Finding> no_rate_for_all(const Evidence& evidence) {
  if (evidence.sweep == nullptr) return std::nullopt;
  const auto& optimizers = evidence.sweep->optimizers;
  const auto& rates = evidence.sweep->record.settings.learning_rates;
  const auto shared = std::count_if(rates.begin(), rates.end(), [&](double rate) {
    return std::all_of(optimizers.begin(), optimizers.end(),
                       [&](const OptimizerSummary& o) { return o.times.contains(rate); });
  });
  return Finding{static_cast<double>(shared), shared == 0, ""};
}

std::optional<Finding> time_varies_tenfold(const Evidence& evidence) {
  if (evidence.sweep == nullptr) return std::nullopt;
  std::vector<double> ratios;
  for (const OptimizerSummary& o : evidence.sweep->optimizers) {
    if (o.times.empty()) continue;
    const auto [low, high] =
        std::minmax_element(o.times.begin(), o.times.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; });
    ratios.push_back(high->second / low->second);
  }
  if (ratios.empty()) return std::nullopt;
  std::sort(ratios.begin(), ratios.end());
  const double median = ratios[ratios.size() / 2];
  const auto budget = static_cast<double>(evidence.sweep->record.settings.budget);
  return Finding{median, median >= 10,
                 fmt::format("largest {:.1f}; the budget allows {:.1f}", ratios.back(),
                             budget / *fastest_of(*evidence.sweep))};
}

std::optional<Finding> adam_is_best(const Evidence& evidence) {
  if (evidence.sweep == nullptr || evidence.sweep->optimizers.size() < 3) return std::nullopt;
  const OptimizerSummary* adam = find_optimizer(*evidence.sweep, "adam");
  if (adam == nullptr) return std::nullopt;
  if (!adam->best.has_value()) return Finding{0.0, false, ""};
  bool most_stable = true;
  int wider = 0;
  for (const OptimizerSummary& o : evidence.sweep->optimizers) {
    most_stable = most_stable && roughness(*adam) <= roughness(o);
    wider += decades(o) > decades(*adam) + 1e-9 ? 1 : 0;
  }
  const bool fastest = adam->best->steps <= *fastest_of(*evidence.sweep);
  const int hold = (fastest ? 1 : 0) + (most_stable ? 1 : 0) + (wider < 2 ? 1 : 0);
  return Finding{static_cast<double>(hold), hold == 3,
                 fmt::format("fastest: {}; most stable: {}; wider bands: {}",
                             fastest ? "yes" : "no", most_stable ? "yes" : "no", wider)};
}

std::optional<Finding> rmsprop_is_poor(const Evidence& evidence) {
  if (evidence.sweep == nullptr) return std::nullopt;
  const OptimizerSummary* rmsprop = find_optimizer(*evidence.sweep, "rmsprop");
  const std::optional<double> fastest = fastest_of(*evidence.sweep);
  if (rmsprop == nullptr || !fastest.has_value()) return std::nullopt;
  Finding finding;
  if (rmsprop->best.has_value()) finding.number = rmsprop->best->steps / *fastest;
  finding.holds = !finding.number.has_value() || *finding.number >= 1.5;
  if (evidence.tuned != nullptr) finding.detail = tuned_words(*evidence.tuned, *fastest);
  return finding;
}

std::optional<Finding> bands_cover_four_decades(const Evidence& evidence) {
  if (evidence.sweep == nullptr) return std::nullopt;
  std::vector<std::pair<double, double>> bands;
  for (const OptimizerSummary& o : evidence.sweep->optimizers) {
    if (o.band.has_value()) bands.push_back(*o.band);
  }
  std::sort(bands.begin(), bands.end());
  double covered = 0;
  double end = 0;
  for (const auto& [low, high] : bands) {
    if (high <= end) continue;
    covered += std::log10(high / std::max(low, end));
    end = high;
  }
  return Finding{covered, covered > 4, ""};
}

std::optional<Finding> failures_split(const Evidence& evidence) {
  if (evidence.sweep == nullptr) return std::nullopt;
  size_t low = 0;
  size_t low_slow = 0;
  size_t high = 0;
  size_t high_unstable = 0;
  for (const auto& [trial, curve] : evidence.sweep->trials) {
    const std::string& optimizer = space::choice_in(trial.config, "optimizer");
    const auto& best = find_optimizer(*evidence.sweep, optimizer.c_str())->best;
    if (!best.has_value() || trial.outcome == study::Outcome::reached) continue;
    const bool rising = growth(curve, "loss").value_or(kRise + 1) > kRise;
    if (space::number_in(trial.config, "learning_rate") < best->learning_rate) {
      ++low;
      low_slow += rising ? 0 : 1;
    } else {
      ++high;
      const bool stuck = last_train_accuracy(curve) <= kStuckAccuracy;
      high_unstable += trial.outcome == study::Outcome::diverged || stuck || rising ? 1 : 0;
    }
  }
  if (low < kEnoughPoints || high < kEnoughPoints) return std::nullopt;
  const double smaller = std::min(static_cast<double>(low_slow) / static_cast<double>(low),
                                  static_cast<double>(high_unstable) / static_cast<double>(high));
  return Finding{smaller, smaller >= 0.8,
                 fmt::format("too low: {} of {} slow; too high: {} of {} unstable", low_slow, low,
                             high_unstable, high)};
}

}  // namespace sweetspot::report
