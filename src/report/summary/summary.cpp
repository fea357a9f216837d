#include "report/summary/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.hpp"
#include "report/summary/tune_summary.hpp"
#include "store/stored_study.hpp"
#include "study/axes.hpp"
#include "sweetspot/error.hpp"

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

OptimizerSummary summarize_optimizer(const std::string& name, const Rates& rates, bool has_number) {
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
  if (!has_number) return summary;  // one place is no band
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

std::vector<OptimizerSummary> summarize_optimizers(const study::Settings& settings,
                                                   const std::vector<TrialSummary>& trials) {
  const study::Axes axes = study::axes_of(settings);
  std::map<std::string, Rates> optimizers;
  for (const TrialSummary& t : trials) {
    const study::Trial& trial = t.trial;
    RateResult& rate =
        optimizers[study::group_in(axes, trial.config)][study::number_in(axes, trial.config)];
    if (!trial.outcome.has_value()) continue;
    ++rate.trials;
    rate.accuracy += last_train_accuracy(t.curve);
    if (trial.outcome != study::Outcome::reached) continue;
    ++rate.reached;
    rate.steps += static_cast<double>(trial.steps);
  }
  std::vector<std::string> names = settings.optimizers;
  if (axes.group.empty()) names = {study::group_in(axes, {})};
  std::vector<OptimizerSummary> summaries;
  for (const std::string& name : names) {
    summaries.push_back(summarize_optimizer(name, optimizers[name], !axes.number.empty()));
  }
  return summaries;
}

AuditSummary summarize_audit(const std::vector<TrialSummary>& trials) {
  AuditSummary audit;
  for (const TrialSummary& t : trials) {
    const study::Trial& trial = t.trial;
    if (!trial.outcome.has_value()) continue;
    if (trial.outcome == study::Outcome::reached) {
      ++audit.reached;
      audit.wrongly_given_up += trial.given_up_at.has_value() ? 1 : 0;
    } else {
      audit.failing_steps += trial.steps;
      audit.saved_steps += trial.steps - trial.given_up_at.value_or(trial.steps);
    }
  }
  return audit;
}

// Those whose curve is damaged are left out where such are skipped.
void read_curves(store::StudyStore& store, std::vector<study::Trial>& trials,
                 std::vector<TrialSummary>& summaries) {
  // As many at once as hardly take memory.
  constexpr size_t kAtOnce = 500;
  summaries.reserve(trials.size());
  for (size_t first = 0; first < trials.size(); first += kAtOnce) {
    const size_t end = std::min(trials.size(), first + kAtOnce);
    std::vector<int> numbers;
    for (size_t i = first; i < end; ++i) numbers.push_back(trials[i].number);
    std::map<int, study::Curve> curves = store.curves(numbers);
    for (size_t i = first; i < end; ++i) {
      const auto curve = curves.find(trials[i].number);
      if (curve == curves.end()) continue;
      summaries.push_back({std::move(trials[i]), std::move(curve->second)});
    }
  }
}

}  // namespace

double last_train_accuracy(const study::Curve& curve) {
  if (curve.points.empty() || curve.points.back().values.empty()) return 0;
  return curve.points.back().values[0].value_or(0);
}

double operations_per_step(const store::StudyRecord& record, const study::Trial& trial) {
  const auto proxy = trial.config.find(study::kProxy);
  const auto scale = trial.config.find("scale");
  for (const store::NetworkSize& network : record.networks) {
    const bool is_its =
        network.name.empty()
            ? scale != trial.config.end() && scale->second == space::Value(network.scale)
            : proxy != trial.config.end() && proxy->second == space::Value(network.name);
    if (is_its) return network.operations_per_step;
  }
  return record.operations_per_step;
}

double cost_steps(const store::StudyRecord& record, const study::Trial& trial) {
  // A program of one's own: a step is a step.
  if (record.operations_per_step == 0) return static_cast<double>(trial.own_steps());
  const double ratio = operations_per_step(record, trial) / record.operations_per_step;
  return ratio * static_cast<double>(trial.own_steps());
}

std::vector<size_t> used_metrics(const Summary& summary) {
  std::vector<size_t> used;
  if (summary.trials.empty()) return used;
  const size_t count = summary.trials.front().curve.metrics.size();
  for (size_t metric = 0; metric < count; ++metric) {
    const bool any =
        std::any_of(summary.trials.begin(), summary.trials.end(), [&](const TrialSummary& trial) {
          return std::any_of(
              trial.curve.points.begin(), trial.curve.points.end(),
              [&](const study::CurvePoint& point) { return point.values[metric].has_value(); });
        });
    if (any) used.push_back(metric);
  }
  return used;
}

Summary summarize(store::StudyStore& store) {
  store::StoredStudy stored = store::stored_study(store);
  Summary summary;
  summary.part = store.part();
  summary.record = std::move(stored.record);
  read_curves(store, stored.trials, summary.trials);
  summary.damaged = store.damaged();
  for (const TrialSummary& t : summary.trials) {
    const study::Trial& trial = t.trial;
    summary.cost.trial_steps += trial.own_steps();
    summary.cost.operations +=
        static_cast<double>(trial.own_steps()) * operations_per_step(summary.record, trial);
    summary.cost.compute_seconds += trial.compute_seconds;
  }
  const study::Settings& settings = summary.record.settings;
  if (settings.kind == study::Kind::tune) {
    const uint64_t steps = test_steps(summary.trials);
    summary.cost.trial_steps += steps;
    summary.cost.operations += static_cast<double>(steps) * summary.record.operations_per_step;
  }
  // A search trains no grid, and drops most trials early: it has no bands of this kind.
  if (settings.kind != study::Kind::tune) {
    summary.optimizers = summarize_optimizers(settings, summary.trials);
  }
  if (settings.audit) summary.audit = summarize_audit(summary.trials);
  const store::Cost cost = store.cost();
  summary.cost.wall_seconds = cost.wall_seconds;
  if (cost.lane_seconds > 0) {
    summary.cost.lanes_busy = std::min(1.0, cost.busy_lane_seconds / cost.lane_seconds);
  }
  return summary;
}

Summary of_seed(const Summary& summary, uint64_t seed) {
  Summary one = summary;
  one.record.settings.seed = seed;
  one.record.settings.seeds = 1;
  std::erase_if(one.trials, [&](const TrialSummary& t) { return t.trial.seed != seed; });
  one.optimizers = summarize_optimizers(one.record.settings, one.trials);
  return one;
}

}  // namespace sweetspot::report
