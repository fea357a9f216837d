#include "report/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "base/text.hpp"

namespace sweetspot::report {
namespace {

// One grid point of one optimizer over all its seeds.
struct RateResult {
  int trials = 0;
  int reached = 0;
  double steps = 0;
  double accuracy = 0;
  bool all_reached() const { return trials > 0 && reached == trials; }
  double mean_steps() const { return steps / reached; }
};

using Rates = std::map<double, RateResult>;

Rates::const_iterator best_of(const Rates& rates) {
  auto best = rates.end();
  for (auto rate = rates.begin(); rate != rates.end(); ++rate) {
    if (!rate->second.all_reached()) continue;
    if (best == rates.end()) {
      best = rate;
      continue;
    }
    const RateResult& candidate = rate->second;
    const RateResult& champion = best->second;
    const bool faster = candidate.mean_steps() < champion.mean_steps();
    const bool as_fast = candidate.mean_steps() == champion.mean_steps();
    if (faster || (as_fast && candidate.accuracy > champion.accuracy)) best = rate;
  }
  return best;
}

OptimizerSummary summarize_optimizer(const std::string& name, const Rates& rates) {
  OptimizerSummary summary;
  summary.optimizer = name;
  for (const auto& [rate, result] : rates) {
    summary.trials += result.trials;
    summary.reached += result.reached;
    if (result.all_reached()) summary.times[rate] = result.mean_steps();
  }
  const auto best = best_of(rates);
  if (best == rates.end()) return summary;
  summary.best = BestRate{best->first, best->second.mean_steps()};
  auto low = best;
  while (low != rates.begin() && std::prev(low)->second.all_reached()) --low;
  auto high = best;
  while (std::next(high) != rates.end() && std::next(high)->second.all_reached()) ++high;
  summary.band = {low->first, high->first};
  for (const auto& [rate, result] : rates) {
    if (result.all_reached() && (rate < low->first || rate > high->first)) {
      summary.also_reached.push_back(rate);
    }
  }
  return summary;
}

double operations_per_step(const store::StudyRecord& record, const study::Trial& trial) {
  for (const store::NetworkSize& network : record.networks) {
    if (network.scale == space::number_in(trial.config, "scale")) {
      return network.operations_per_step;
    }
  }
  return record.operations_per_step;
}

}  // namespace

double last_train_accuracy(const study::Curve& curve) {
  if (curve.points.empty() || curve.points.back().values.empty()) return 0;
  return curve.points.back().values[0].value_or(0);
}

Summary summarize(store::StudyStore& store) {
  std::optional<store::StudyRecord> record = store.record();
  if (!record.has_value()) throw Error(ErrorKind::study, "the file holds no study yet");
  Summary summary;
  summary.part = store.part();
  summary.record = std::move(*record);
  std::map<std::string, Rates> optimizers;
  AuditSummary audit;
  for (study::Trial& trial : store.trials()) {
    study::Curve curve = store.curve(trial.number);
    const std::string optimizer = space::choice_in(trial.config, "optimizer");
    RateResult& rate = optimizers[optimizer][space::number_in(trial.config, "learning_rate")];
    const bool reached = trial.outcome == study::Outcome::reached;
    if (trial.outcome.has_value()) {
      ++rate.trials;
      rate.reached += reached ? 1 : 0;
      if (reached) rate.steps += static_cast<double>(trial.steps);
      rate.accuracy += last_train_accuracy(curve);
      audit.reached += reached ? 1 : 0;
      if (reached && trial.given_up_at.has_value()) ++audit.wrongly_given_up;
      if (!reached) {
        audit.failing_steps += trial.steps;
        audit.saved_steps += trial.steps - trial.given_up_at.value_or(trial.steps);
      }
    }
    summary.cost.trial_steps += trial.steps;
    summary.cost.operations +=
        static_cast<double>(trial.steps) * operations_per_step(summary.record, trial);
    summary.cost.compute_seconds += trial.compute_seconds;
    summary.trials.push_back({std::move(trial), std::move(curve)});
  }
  for (const std::string& name : summary.record.settings.optimizers) {
    summary.optimizers.push_back(summarize_optimizer(name, optimizers[name]));
  }
  const store::Cost cost = store.cost();
  summary.cost.wall_seconds = cost.wall_seconds;
  if (cost.lane_seconds > 0) {
    summary.cost.lanes_busy = std::min(1.0, cost.busy_lane_seconds / cost.lane_seconds);
  }
  if (summary.record.settings.audit) summary.audit = audit;
  return summary;
}

}  // namespace sweetspot::report
