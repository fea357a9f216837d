#include "report/claim_tests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/text.hpp"

namespace sweetspot::report {
namespace {

constexpr int kEnoughRates = 8;         // of an optimizer, for a claim about its rates
constexpr double kStuckAccuracy = 0.2;  // twice the chance of ten classes
constexpr double kRise = 1.05;          // of a loss: less is the noise of one that stands still

bool has_enough_rates(const Summary* sweep) {
  return sweep != nullptr && sweep->record.settings.learning_rates.size() >= kEnoughRates &&
         std::all_of(sweep->trials.begin(), sweep->trials.end(),
                     [](const TrialSummary& t) { return t.trial.outcome.has_value(); });
}

// One optimizer's mean steps at each rate that reached the target with every seed, ascending rates.
using Curve = std::map<double, double>;

std::map<std::string, Curve> curves_of(const Summary& sweep) {
  std::map<std::string, std::map<double, std::pair<int, std::vector<double>>>> cells;
  for (const auto& [trial, curve] : sweep.trials) {
    auto& [trials, steps] = cells[space::choice_in(trial.config, "optimizer")]
                                 [space::number_in(trial.config, "learning_rate")];
    ++trials;
    if (trial.outcome == study::Outcome::reached) steps.push_back(static_cast<double>(trial.steps));
  }
  std::map<std::string, Curve> curves;
  for (const auto& [optimizer, rates] : cells) {
    Curve& curve = curves[optimizer];
    for (const auto& [rate, cell] : rates) {
      if (cell.second.empty() || static_cast<int>(cell.second.size()) < cell.first) continue;
      double sum = 0;
      for (const double steps : cell.second) sum += steps;
      curve[rate] = sum / static_cast<double>(cell.second.size());
    }
  }
  return curves;
}

double decades(const OptimizerSummary& o) {
  return o.band.has_value() ? std::log10(o.band->second / o.band->first) : -1;
}

// How rough a curve is: the mean change of log10(steps) from a rate to the next that also trains.
double roughness(const Curve& curve) {
  if (curve.size() < 2) return std::numeric_limits<double>::infinity();
  double sum = 0;
  for (auto at = std::next(curve.begin()); at != curve.end(); ++at) {
    sum += std::abs(std::log10(at->second / std::prev(at)->second));
  }
  return sum / static_cast<double>(curve.size() - 1);
}

// The loss at a curve's first and last check, and the last train accuracy.
struct End {
  std::optional<double> first_loss, last_loss, accuracy;
};
End end_of(const study::Curve& curve) {
  const auto column = [&](const char* name) {
    return static_cast<size_t>(std::find(curve.metrics.begin(), curve.metrics.end(), name) -
                               curve.metrics.begin());
  };
  if (curve.points.empty()) return {};
  const auto at = [](const study::CurvePoint& point, size_t i) {
    return i < point.values.size() ? point.values[i] : std::nullopt;
  };
  return {at(curve.points.front(), column("loss")), at(curve.points.back(), column("loss")),
          at(curve.points.back(), column("train_accuracy"))};
}

}  // namespace

// 1
Claim most_rates_fail(const Summary* sweep) {
  Claim claim = {.id = 1,
                 .claim = "For every optimizer most learning rates fail.",
                 .threshold = "below 0.5",
                 .test = "the largest share of an optimizer's trainings that reach the target"};
  if (!has_enough_rates(sweep)) return claim;
  double most = 0;
  for (const OptimizerSummary& o : sweep->optimizers) {
    most = std::max(most, static_cast<double>(o.reached) / std::max(1, o.trials));
  }
  claim.number = most;
  claim.verdict = verdict_if(most < 0.5);
  return claim;
}

// 2
Claim curves_are_valleys(const Summary* sweep) {
  Claim claim = {.id = 2,
                 .claim = "Each optimizer's time to train is a valley over the learning rate.",
                 .threshold = "at least 0.8",
                 .test =
                     "the least share, over the optimizers, of the variance of log(steps) that "
                     "the best valley (falling, then rising) explains"};
  if (!has_enough_rates(sweep)) return claim;
  for (const auto& [optimizer, curve] : curves_of(*sweep)) {
    if (static_cast<int>(curve.size()) < kEnoughReached) continue;
    std::vector<double> logs;
    for (const auto& [rate, steps] : curve) logs.push_back(std::log(steps));
    const double fit = valley_fit(logs);
    claim.number = std::min(claim.number.value_or(1), fit);
    claim.detail += fmt::format("{}{} {:.2f}", claim.detail.empty() ? "" : ", ", optimizer, fit);
  }
  if (claim.number.has_value()) claim.verdict = verdict_if(*claim.number >= 0.8);
  return claim;
}

// 3
Claim no_rate_for_all(const Summary* sweep) {
  Claim claim = {.id = 3,
                 .claim = "No learning rate works for all optimizers.",
                 .threshold = "0",
                 .test = "rates at which every optimizer reaches the target"};
  if (!has_enough_rates(sweep)) return claim;
  const auto curves = curves_of(*sweep);
  int shared = 0;
  for (const double rate : sweep->record.settings.learning_rates) {
    shared += std::all_of(curves.begin(), curves.end(),
                          [&](const auto& c) { return c.second.contains(rate); })
                  ? 1
                  : 0;
  }
  claim.number = shared;
  claim.verdict = verdict_if(shared == 0);
  return claim;
}

// 4
Claim time_varies_tenfold(const Summary* sweep) {
  Claim claim = {.id = 4,
                 .claim =
                     "The learning rate changes the time by an order of magnitude within the "
                     "band that trains.",
                 .threshold = "at least 10",
                 .test =
                     "slowest over fastest rate that reaches the target, median over the "
                     "optimizers"};
  if (!has_enough_rates(sweep)) return claim;
  std::vector<double> ratios;
  double fastest = 0;
  for (const auto& [optimizer, curve] : curves_of(*sweep)) {
    if (curve.empty()) continue;
    const auto [low, high] =
        std::minmax_element(curve.begin(), curve.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; });
    ratios.push_back(high->second / low->second);
    fastest = fastest == 0 ? low->second : std::min(fastest, low->second);
  }
  if (ratios.empty()) return claim;
  std::sort(ratios.begin(), ratios.end());
  claim.number = ratios[ratios.size() / 2];
  claim.verdict = verdict_if(*claim.number >= 10);
  claim.detail = fmt::format("largest {:.1f}; the budget allows {:.1f}", ratios.back(),
                             static_cast<double>(sweep->record.settings.budget) / fastest);
  return claim;
}

// 5
Claim adam_is_best(const Summary* sweep) {
  Claim claim = {.id = 5,
                 .claim = "Adam is the fastest, the most stable, and has one of the widest bands.",
                 .threshold = "3",
                 .test =
                     "how many hold: fewest steps at the best rate; smallest mean change of "
                     "log(steps) from rate to rate; among the two widest bands"};
  if (!has_enough_rates(sweep)) return claim;
  const auto curves = curves_of(*sweep);
  const auto adam = std::find_if(sweep->optimizers.begin(), sweep->optimizers.end(),
                                 [](const OptimizerSummary& o) { return o.optimizer == "adam"; });
  if (adam == sweep->optimizers.end() || sweep->optimizers.size() < 3) return claim;
  if (!adam->best.has_value()) {
    claim.number = 0;
    claim.verdict = Verdict::not_reproduced;
    return claim;
  }
  bool fastest = true;
  bool most_stable = true;
  int wider = 0;
  for (const OptimizerSummary& o : sweep->optimizers) {
    if (o.optimizer == "adam" || !o.best.has_value()) continue;
    fastest = fastest && adam->best->steps <= o.best->steps;
    most_stable = most_stable && roughness(curves.at("adam")) <= roughness(curves.at(o.optimizer));
    wider += decades(o) > decades(*adam) + 1e-9 ? 1 : 0;
  }
  claim.number = (fastest ? 1 : 0) + (most_stable ? 1 : 0) + (wider < 2 ? 1 : 0);
  claim.verdict = verdict_if(*claim.number == 3);
  claim.detail = fmt::format("fastest: {}; most stable: {}; wider bands: {}",
                             fastest ? "yes" : "no", most_stable ? "yes" : "no", wider);
  return claim;
}

// 6
Claim rmsprop_is_poor(const Summary* sweep, const Summary* tuned) {
  Claim claim = {.id = 6,
                 .claim = "RMSProp with its default numbers does poorly.",
                 .threshold = "at least 1.5",
                 .test = "RMSProp's steps at its best rate over the fastest optimizer's"};
  if (!has_enough_rates(sweep)) return claim;
  std::optional<double> rmsprop;
  std::optional<double> fastest;
  bool is_there = false;
  for (const OptimizerSummary& o : sweep->optimizers) {
    is_there = is_there || o.optimizer == "rmsprop";
    if (!o.best.has_value()) continue;
    fastest = std::min(fastest.value_or(o.best->steps), o.best->steps);
    if (o.optimizer == "rmsprop") rmsprop = o.best->steps;
  }
  if (!is_there || !fastest.has_value()) return claim;
  if (rmsprop.has_value()) claim.number = *rmsprop / *fastest;
  claim.verdict = verdict_if(!rmsprop.has_value() || *claim.number >= 1.5);
  const TrialSummary* best = nullptr;
  int reached = 0;
  if (tuned != nullptr) {
    for (const TrialSummary& t : tuned->trials) {
      if (t.trial.outcome != study::Outcome::reached) continue;
      ++reached;
      if (best == nullptr || t.trial.steps < best->trial.steps) best = &t;
    }
  }
  if (best != nullptr) {
    claim.detail = fmt::format(
        "tuned (decay {}, epsilon {}, momentum {}, rate {}): {} steps, {:.2f} times the fastest; "
        "{} "
        "of {} trainings of that grid reach the target",
        shortest(space::number_in(best->trial.config, "decay")),
        shortest(space::number_in(best->trial.config, "epsilon")),
        shortest(space::number_in(best->trial.config, "momentum")),
        shortest(space::number_in(best->trial.config, "learning_rate")), best->trial.steps,
        static_cast<double>(best->trial.steps) / *fastest, reached, tuned->trials.size());
  } else if (tuned != nullptr) {
    claim.detail =
        fmt::format("tuned: none of {} trainings reach the target", tuned->trials.size());
  }
  return claim;
}

// 10
Claim bands_cover_four_decades(const Summary* sweep) {
  Claim claim = {.id = 10,
                 .claim = "Rates over more than four decades train with at least one optimizer.",
                 .threshold = "above 4",
                 .test = "decades of learning rates that the union of the bands covers"};
  if (!has_enough_rates(sweep)) return claim;
  std::vector<std::pair<double, double>> bands;
  for (const OptimizerSummary& o : sweep->optimizers) {
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
  claim.number = covered;
  claim.verdict = verdict_if(covered > 4);
  return claim;
}

// 12
Claim failures_split(const Summary* sweep) {
  Claim claim = {
      .id = 12,
      .claim = "Rates that are too low fail slowly, rates that are too high by instability.",
      .threshold = "at least 0.8",
      .test =
          "the smaller of two shares: failures below the best rate whose loss was not rising; "
          "failures above it that diverged, ended at no more than twice the accuracy of chance, "
          "or whose loss rose"};
  if (!has_enough_rates(sweep)) return claim;
  int low = 0;
  int low_slow = 0;
  int high = 0;
  int high_unstable = 0;
  for (const OptimizerSummary& o : sweep->optimizers) {
    if (!o.best.has_value()) continue;
    for (const auto& [trial, curve] : sweep->trials) {
      if (space::choice_in(trial.config, "optimizer") != o.optimizer) continue;
      if (trial.outcome == study::Outcome::reached) continue;
      const End end = end_of(curve);
      const bool is_finite = end.first_loss.has_value() && end.last_loss.has_value();
      const bool rising = !is_finite || *end.last_loss > kRise * *end.first_loss;
      if (space::number_in(trial.config, "learning_rate") < o.best->learning_rate) {
        ++low;
        low_slow += rising ? 0 : 1;
      } else {
        ++high;
        const bool stuck = end.accuracy.value_or(0) <= kStuckAccuracy;
        high_unstable += trial.outcome == study::Outcome::diverged || stuck || rising ? 1 : 0;
      }
    }
  }
  if (low < kEnoughReached || high < kEnoughReached) return claim;
  const double slow_share = static_cast<double>(low_slow) / low;
  const double unstable_share = static_cast<double>(high_unstable) / high;
  claim.number = std::min(slow_share, unstable_share);
  claim.verdict = verdict_if(*claim.number >= 0.8);
  claim.detail = fmt::format("too low: {} of {} slow; too high: {} of {} unstable", low_slow, low,
                             high_unstable, high);
  return claim;
}

}  // namespace sweetspot::report
