#include "report/summary/tune_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "search/answer.hpp"

namespace sweetspot::report {
namespace {

std::optional<double> test_accuracy(const TrialSummary& trial) {
  const std::vector<std::string>& metrics = trial.curve.metrics;
  const auto metric = std::find(metrics.begin(), metrics.end(), study::kTestAccuracy);
  if (metric == metrics.end() || trial.curve.points.empty()) return std::nullopt;
  return trial.curve.points.back().values[static_cast<size_t>(metric - metrics.begin())];
}

search::SeenTrial seen(const study::Settings& settings, const TrialSummary& t) {
  search::SeenTrial trial;
  trial.config = t.trial.config;
  trial.steps = t.trial.steps;
  trial.outcome = t.trial.outcome;
  trial.origin = t.trial.origin;
  // What the search dropped may have been on its way.
  if (trial.outcome == study::Outcome::pruned) trial.outcome.reset();
  const std::vector<std::string>& metrics = t.curve.metrics;
  const auto metric = std::find(metrics.begin(), metrics.end(), study::judged_metric(settings));
  for (const study::CurvePoint& point : t.curve.points) {
    const auto column = static_cast<size_t>(metric - metrics.begin());
    if (column >= point.values.size() || !point.values[column].has_value()) continue;
    trial.curve.push_back({point.step, study::score_of(settings, *point.values[column])});
  }
  trial.value = search::objective_value(settings.search.objective, trial);
  return trial;
}

double full_trainings(const Summary& summary) {
  const study::Settings& settings = summary.record.settings;
  const auto budget = static_cast<double>(settings.budget);
  if (!settings.command.has_value()) {
    return summary.cost.operations / (budget * summary.record.operations_per_step);
  }
  if (!settings.command->own_budget) return static_cast<double>(summary.cost.trial_steps) / budget;
  return static_cast<double>(
      std::count_if(summary.trials.begin(), summary.trials.end(),
                    [](const TrialSummary& t) { return t.trial.outcome.has_value(); }));
}

// Of configs whose trials all reached the target the first that was tried.
std::optional<SafeConfig> safe_config(const std::vector<const TrialSummary*>& trials) {
  std::vector<SafeConfig> tried;
  std::map<space::Config, size_t> known;
  std::map<size_t, int> reached;
  for (const TrialSummary* t : trials) {
    const auto [place, is_new] = known.emplace(t->trial.config, tried.size());
    if (is_new) tried.push_back({.config = t->trial.config});
    SafeConfig& config = tried[place->second];
    ++config.seeds;
    config.steps += static_cast<double>(t->trial.steps);
    if (const auto accuracy = test_accuracy(*t)) config.test_accuracy = accuracy;
    reached[place->second] += t->trial.outcome == study::Outcome::reached ? 1 : 0;
  }
  for (size_t i = 0; i < tried.size(); ++i) {
    if (reached[i] < tried[i].seeds) continue;
    tried[i].steps /= tried[i].seeds;
    return tried[i];
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> searched_value(const study::Settings& settings, const TrialSummary& trial) {
  return seen(settings, trial).value;
}

std::optional<double> best_judged(const study::Settings& settings, const TrialSummary& trial) {
  const std::optional<double> score = search::best_metric(seen(settings, trial));
  if (!score.has_value()) return std::nullopt;
  return study::score_of(settings, *score);
}

uint64_t test_steps(const std::vector<TrialSummary>& trials) {
  uint64_t steps = 0;
  for (const TrialSummary& t : trials) {
    if (test_accuracy(t).has_value()) steps += t.trial.steps;
  }
  return steps;
}

TuneSummary summarize_tune(const Summary& summary) {
  const study::Settings& settings = summary.record.settings;
  TuneSummary tune;
  std::vector<search::SeenTrial> searched;
  std::vector<size_t> places;
  std::map<size_t, size_t> by_number;  // a trial's place among those searched
  std::vector<const TrialSummary*> confirming;
  std::set<space::Config> tried;
  for (size_t i = 0; i < summary.trials.size(); ++i) {
    const TrialSummary& t = summary.trials[i];
    if (t.trial.config.contains(study::kProxy)) {
      ++tune.on_proxy;
    } else if (t.trial.seed == settings.seed) {
      by_number[static_cast<size_t>(t.trial.number)] = searched.size();
      const bool is_known = !t.trial.origin.has_value() && !tried.insert(t.trial.config).second;
      tune.repeated += is_known ? 1 : 0;
      searched.push_back(seen(settings, t));
      places.push_back(i);
    } else {
      confirming.push_back(&t);
    }
  }
  for (search::SeenTrial& trial : searched) {
    if (!trial.origin.has_value()) continue;
    const auto origin = by_number.find(trial.origin->trial);
    // What descends from a trial that was left out begins here.
    if (origin == by_number.end()) {
      trial.origin.reset();
    } else {
      trial.origin->trial = origin->second;
    }
  }
  tune.searched = searched.size();
  tune.confirming = confirming.size();
  tune.full_trainings = full_trainings(summary);
  const space::Space space(settings.search.space);
  const std::optional<search::Answer> found = search::answer_of(space, searched);
  if (!found.has_value()) return tune;
  // As they are shown: steps, or the metric itself.
  const auto shown = [&](double value) {
    return settings.search.objective.steps_to_target ? value : study::score_of(settings, -value);
  };
  tune.best = places[found->trial];
  const search::SeenTrial& best = searched[found->trial];
  tune.value = shown(*best.value);
  tune.best_valued = places[found->best_valued];
  tune.best_value = shown(*searched[found->best_valued].value);
  tune.smoothed = found->smoothed;
  if (tune.smoothed.has_value()) tune.smoothed->value = shown(tune.smoothed->value);
  tune.follow_configs = found->follow_configs;
  if (best.origin.has_value()) {
    for (const size_t ancestor : search::lineage_of(searched, found->trial)) {
      tune.lineage.push_back(places[ancestor]);
    }
  }
  tune.band = search::band_around(space, searched, found->trial);
  tune.safe = safe_config(confirming);
  tune.importance = importance(space, searched);
  return tune;
}

}  // namespace sweetspot::report
