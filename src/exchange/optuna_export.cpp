#include "exchange/optuna_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "report/summary/tune_summary.hpp"

namespace sweetspot::exchange {
namespace {

using study::Outcome;

constexpr double kMicroseconds = 1e6;
constexpr double kLongestTraining = 1e9;  // seconds
// The year 2: Python's times begin with the year 1, in any zone.
constexpr int64_t kEarliest = -62'104'060'800'000'000;

// The values of a metric at a trial's checks, by step; empty where the study has no such metric.
std::map<int64_t, std::optional<double>> values_of(const study::Curve& curve,
                                                   const std::string& metric) {
  std::map<int64_t, std::optional<double>> values;
  const auto found = std::find(curve.metrics.begin(), curve.metrics.end(), metric);
  if (found == curve.metrics.end()) return values;
  const auto column = static_cast<size_t>(found - curve.metrics.begin());
  for (const study::CurvePoint& point : curve.points) {
    values[static_cast<int64_t>(point.step)] = point.values[column];
  }
  return values;
}

std::optional<double> best_of(const std::map<int64_t, std::optional<double>>& values,
                              bool maximize) {
  std::optional<double> best;
  for (const auto& [step, value] : values) {
    if (!value.has_value()) continue;
    if (!best.has_value() || (maximize ? *value > *best : *value < *best)) best = value;
  }
  return best;
}

// A grid's parameters, as a space: a range that its values span, or its choices.
std::vector<space::Parameter> grid_space(const std::vector<report::TrialSummary>& trials) {
  // A grid that grew may have words beside numbers.
  std::set<std::string> has_words;
  for (const report::TrialSummary& t : trials) {
    for (const auto& [name, value] : t.trial.config) {
      if (std::holds_alternative<std::string>(value)) has_words.insert(name);
    }
  }
  std::vector<space::Parameter> parameters;
  for (const report::TrialSummary& t : trials) {
    for (const auto& [name, value] : t.trial.config) {
      auto found = std::find_if(parameters.begin(), parameters.end(),
                                [&, key = name](const auto& p) { return p.name == key; });
      if (found == parameters.end()) {
        parameters.push_back({name, space::Categorical{}});
        found = std::prev(parameters.end());
        if (const auto* number = std::get_if<double>(&value);
            number != nullptr && !has_words.contains(name)) {
          found->distribution = space::Uniform{*number, *number};
        }
      }
      auto* categorical = std::get_if<space::Categorical>(&found->distribution);
      if (categorical == nullptr) continue;
      std::string choice = space::text_of(value);
      std::vector<std::string>& choices = categorical->values;
      if (std::find(choices.begin(), choices.end(), choice) == choices.end()) {
        choices.push_back(std::move(choice));
      }
    }
  }
  return parameters;
}

// A rate is looked for in its logarithm, however its values were listed.
void take_rate_logarithmically(space::Parameter& rate) {
  if (const auto* uniform = std::get_if<space::Uniform>(&rate.distribution)) {
    if (uniform->low > 0) rate.distribution = space::LogUniform{uniform->low, uniform->high};
  } else if (auto* integer = std::get_if<space::Integer>(&rate.distribution)) {
    integer->log = integer->low > 0;
  }
}

// Optuna takes no value outside of its distribution; a population's changes may leave the range.
void widen(space::Distribution& distribution, double value) {
  std::visit(
      [&](auto& range) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(range)>, space::Categorical>) {
          using Number = decltype(range.low);
          constexpr auto kMost = static_cast<double>(space::kMostInteger);
          if (std::is_integral_v<Number>) value = std::clamp(value, -kMost, kMost);
          range.low = std::min(range.low, static_cast<Number>(value));
          range.high = std::max(range.high, static_cast<Number>(value));
        }
      },
      distribution);
}

std::vector<space::Parameter> space_of(const report::Summary& summary) {
  const study::Settings& settings = summary.record.settings;
  std::vector<space::Parameter> parameters =
      settings.kind == study::Kind::tune ? settings.search.space : grid_space(summary.trials);
  for (space::Parameter& parameter : parameters) {
    for (const report::TrialSummary& t : summary.trials) {
      const auto value = t.trial.config.find(parameter.name);
      if (value == t.trial.config.end()) continue;
      if (const auto* number = std::get_if<double>(&value->second)) {
        widen(parameter.distribution, *number);
      }
    }
    if (parameter.name == "learning_rate") take_rate_logarithmically(parameter);
  }
  return parameters;
}

// What Optuna could not train as this study does: on a smaller network, or from another's state.
bool is_special(const study::Trial& trial) {
  return trial.origin.has_value() || trial.config.contains(study::kProxy);
}

OptunaState state_of(const study::Trial& trial, const Goal& goal, bool has_value) {
  if (!trial.outcome.has_value()) {
    return is_special(trial) ? OptunaState::fail : OptunaState::waiting;
  }
  const bool on_proxy = trial.config.contains(study::kProxy);
  switch (*trial.outcome) {
    case Outcome::reached:
    case Outcome::exhausted: {
      const bool trained_to_its_end = goal.is_best || trial.outcome == Outcome::reached;
      if (!trained_to_its_end) return OptunaState::pruned;
      if (!has_value) return OptunaState::fail;
      // As a value of the objective it would pass for one of the study's own network.
      return on_proxy ? OptunaState::pruned : OptunaState::complete;
    }
    case Outcome::hopeless:
    case Outcome::pruned:
      return OptunaState::pruned;
    default:
      return OptunaState::fail;
  }
}

std::map<std::string, std::string> attributes_of(const report::TrialSummary& t) {
  const study::Trial& trial = t.trial;
  // What Optuna is going to train says of itself how it ended.
  std::map<std::string, std::string> attributes = {{"seed", Json(trial.seed).dump()}};
  if (!trial.outcome.has_value()) return attributes;
  attributes["outcome"] = Json(study::name_of(*trial.outcome)).dump();
  attributes["steps"] = Json(trial.steps).dump();
  attributes["compute_seconds"] = Json(trial.compute_seconds).dump();
  attributes["note"] = Json(trial.note).dump();
  Json metrics = Json::object();
  if (!t.curve.points.empty()) {
    for (size_t i = 0; i < t.curve.metrics.size(); ++i) {
      const std::optional<double>& last = t.curve.points.back().values[i];
      if (last.has_value()) metrics[t.curve.metrics[i]] = *last;
    }
  }
  attributes["metrics"] = metrics.dump();
  if (trial.given_up_at.has_value()) attributes["given_up_at"] = Json(*trial.given_up_at).dump();
  if (trial.origin.has_value()) {
    attributes["origin"] =
        Json({{"trial", trial.origin->trial}, {"step", trial.origin->step}}).dump();
  }
  if (const auto proxy = trial.config.find(study::kProxy); proxy != trial.config.end()) {
    attributes[study::kProxy] = Json(space::text_of(proxy->second)).dump();
  }
  return attributes;
}

OptunaTrial optuna_trial(const report::TrialSummary& t, const Goal& goal) {
  OptunaTrial trial;
  trial.number = t.trial.number;
  trial.config = t.trial.config;
  trial.config.erase(study::kProxy);
  trial.intermediate = values_of(t.curve, goal.reported);
  const std::optional<double> value = goal.is_best ? best_of(trial.intermediate, goal.maximize)
                                                   : static_cast<double>(t.trial.steps);
  trial.state = state_of(t.trial, goal, value.has_value());
  if (trial.state == OptunaState::complete) trial.value = value;
  // It begins anew, and Optuna ignores what is reported of a step for the second time.
  if (trial.state == OptunaState::waiting) trial.intermediate.clear();
  trial.attributes = attributes_of(t);
  return trial;
}

}  // namespace

Goal goal_of(const study::Settings& settings) {
  const std::string& judged = study::judged_metric(settings);
  const bool is_best =
      settings.kind == study::Kind::tune && !settings.search.objective.steps_to_target;
  if (!is_best && !judged.empty()) {
    // A target's metric that grows where the value shall fall would make Optuna's samplers and
    // pruners take the worst for the best.
    const std::string reported = settings.target.at_most ? judged : "loss";
    return {.value = "steps to " + study::text_of(settings.target), .reported = reported};
  }
  const bool is_trace = settings.kind == study::Kind::trace;
  const std::string metric =
      is_best ? judged : (is_trace ? "validation_accuracy" : "train_accuracy");
  const bool minimize = is_best && settings.search.objective.minimize;
  return {.maximize = !minimize,
          .is_best = true,
          .value = (minimize ? "least " : "best ") + metric,
          .reported = metric};
}

OptunaStudy optuna_study(const report::Summary& summary, const std::string& name, int64_t ended) {
  const study::Settings& settings = summary.record.settings;
  const Goal goal = goal_of(settings);
  OptunaStudy study{.name = name, .maximize = goal.maximize, .space = space_of(summary)};
  study.attributes = {{"program", Json("sweetspot " + summary.record.program_version).dump()},
                      {"part", Json(summary.part).dump()},
                      {"value", Json(goal.value).dump()},
                      {"intermediate_value", Json(goal.reported).dump()},
                      {"settings", study::to_json(settings)}};
  for (const report::TrialSummary& t : summary.trials) {
    study.trials.push_back(optuna_trial(t, goal));
  }
  for (size_t i = study.trials.size(); i-- > 0;) {
    OptunaTrial& trial = study.trials[i];
    if (trial.state == OptunaState::waiting) continue;
    trial.ended = ended;
    const double seconds =
        std::clamp(summary.trials[i].trial.compute_seconds, 0.0, kLongestTraining);
    ended = std::max<int64_t>(ended - std::llround(seconds * kMicroseconds), kEarliest);
    trial.started = ended;
  }
  return study;
}

}  // namespace sweetspot::exchange
