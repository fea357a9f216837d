#include "exchange/optuna_space.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::exchange {
namespace {

[[noreturn]] void refuse(const std::string& parameter, const std::string& what) {
  throw Error(ErrorKind::study, fmt::format("parameter '{}': {}", parameter, what));
}

// Ranges may change from trial to trial; the space has what they span.
void unite(space::Parameter& parameter, const space::Distribution& more) {
  const auto mixed = [&] {
    refuse(parameter.name,
           "has distributions of several kinds or several lists of choices; a study of sweetspot "
           "has one for each parameter");
  };
  if (parameter.distribution.index() != more.index()) mixed();
  std::visit(
      [&](auto& kept) {
        using Kind = std::decay_t<decltype(kept)>;
        const Kind& other = std::get<Kind>(more);
        if constexpr (std::is_same_v<Kind, space::Categorical>) {
          if (kept != other) mixed();
        } else {
          if constexpr (std::is_same_v<Kind, space::Integer>) {
            if (kept.log != other.log) mixed();
          }
          kept.low = std::min(kept.low, other.low);
          kept.high = std::max(kept.high, other.high);
        }
      },
      parameter.distribution);
}

bool has(const OptunaTrial& trial, const std::string& parameter) {
  return trial.config.contains(parameter);
}

// Whether all parameters of a trial are known: one that failed may not have come to all of them.
bool is_whole(const OptunaTrial& trial) {
  return trial.state == OptunaState::complete;
}

// The choices of `categorical` under which `parameter` takes part, if they explain it: in no whole
// trial with one of them it is missing.
std::optional<space::Condition> explanation(const std::string& parameter,
                                            const space::Parameter& categorical,
                                            const std::vector<OptunaTrial>& trials) {
  std::set<std::string> with;
  bool is_wider = false;
  for (const OptunaTrial& trial : trials) {
    if (!has(trial, parameter)) continue;
    if (!has(trial, categorical.name)) return std::nullopt;
    with.insert(space::choice_in(trial.config, categorical.name));
  }
  for (const OptunaTrial& trial : trials) {
    if (!is_whole(trial) || has(trial, parameter) || !has(trial, categorical.name)) continue;
    if (with.contains(space::choice_in(trial.config, categorical.name))) return std::nullopt;
    is_wider = true;
  }
  // Two that are always together would each explain the other.
  if (!is_wider) return std::nullopt;
  return space::Condition{categorical.name, {with.begin(), with.end()}};
}

std::optional<space::Condition> condition_of(const space::Parameter& parameter,
                                             const std::vector<space::Parameter>& all,
                                             const std::vector<OptunaTrial>& trials) {
  const auto without = std::find_if(trials.begin(), trials.end(), [&](const OptunaTrial& trial) {
    return is_whole(trial) && !has(trial, parameter.name);
  });
  if (without == trials.end()) return std::nullopt;
  for (const space::Parameter& other : all) {
    if (other.name == parameter.name || !space::is_categorical(other)) continue;
    if (auto found = explanation(parameter.name, other, trials)) return found;
  }
  refuse(
      parameter.name,
      fmt::format("is missing in trial {}, and no categorical parameter says by its choice where "
                  "it takes part; a space of sweetspot has no other condition",
                  without->number));
}

// Whether a trial has exactly the parameters that take part by its choices.
bool is_config(const space::Space& space, const OptunaTrial& trial) {
  size_t active = 0;
  for (const space::Parameter& parameter : space.parameters()) {
    if (!space::Space::is_active(parameter, trial.config)) continue;
    if (!has(trial, parameter.name)) return false;
    ++active;
  }
  return active == trial.config.size();
}

}  // namespace

void SpaceReader::take(OptunaTrial& trial, const std::string& name, const std::string& json,
                       double number) {
  auto known = known_.find(json);
  const bool is_new = known == known_.end();
  if (is_new) {
    try {
      known = known_.emplace(json, distribution_of(json)).first;
    } catch (const Error& error) {
      refuse(name, error.what());
    }
  }
  const OptunaDistribution& distribution = known->second;
  const auto parameter = std::find_if(parameters_.begin(), parameters_.end(),
                                      [&](const auto& p) { return p.name == name; });
  if (parameter == parameters_.end()) {
    parameters_.push_back({name, distribution.distribution});
  } else {
    unite(*parameter, distribution.distribution);
  }
  if (distribution.step.has_value()) steps_[name] = *distribution.step;
  const std::optional<space::Value> value = value_of(distribution.distribution, number);
  if (!value.has_value()) {
    refuse(name, fmt::format("trial {} has the {} {}, which its distribution has not: the file is "
                             "damaged",
                             trial.number,
                             std::holds_alternative<space::Categorical>(distribution.distribution)
                                 ? "choice"
                                 : "value",
                             shortest(number)));
  }
  trial.config[name] = *value;
}

void SpaceReader::take_wish(OptunaTrial& trial, const std::string& name, const std::string& json) {
  const auto parameter = std::find_if(parameters_.begin(), parameters_.end(),
                                      [&](const auto& p) { return p.name == name; });
  if (parameter == parameters_.end()) return;
  if (const auto* choices = std::get_if<space::Categorical>(&parameter->distribution)) {
    const std::string choice = choice_text(json);
    const std::vector<std::string>& known = choices->values;
    if (std::find(known.begin(), known.end(), choice) != known.end()) trial.config[name] = choice;
  } else if (const std::optional<double> number = parse_number(json)) {
    trial.config[name] = *number;
  }
}

// A range of one value is no range here, but a choice of one is.
void SpaceReader::settle_single_values(OptunaStudy& study) {
  for (space::Parameter& parameter : parameters_) {
    const bool is_single = std::visit(
        [](const auto& d) {
          if constexpr (std::is_same_v<std::decay_t<decltype(d)>, space::Categorical>) {
            return false;
          } else {
            return !(d.low < d.high);
          }
        },
        parameter.distribution);
    if (!is_single) continue;
    parameter.distribution = space::Categorical{};
    auto& values = std::get<space::Categorical>(parameter.distribution).values;
    for (OptunaTrial& trial : study.trials) {
      const auto value = trial.config.find(parameter.name);
      if (value == trial.config.end()) continue;
      std::string text = space::text_of(value->second);
      if (std::find(values.begin(), values.end(), text) == values.end()) values.push_back(text);
      value->second = std::move(text);
    }
    steps_.erase(parameter.name);
  }
}

space::Space SpaceReader::checked_space() const {
  try {
    return space::Space(parameters_);
  } catch (const Error& error) {
    throw Error(ErrorKind::study, error.what());
  }
}

void SpaceReader::finish(OptunaStudy& study, std::vector<std::string>& notes) {
  settle_single_values(study);
  for (space::Parameter& parameter : parameters_) {
    parameter.when = condition_of(parameter, parameters_, study.trials);
  }
  if (parameters_.empty()) {
    throw Error(ErrorKind::study,
                fmt::format("study '{}' has no trial with parameters yet", study.name));
  }
  for (const auto& [name, step] : steps_) {
    notes.push_back(
        fmt::format("parameter '{}' went in steps of {}; here it takes every value of "
                    "its range",
                    name, shortest(step)));
  }
  const space::Space space = checked_space();
  study.space = space.parameters();
  std::vector<std::string> dropped;
  std::erase_if(study.trials, [&](const OptunaTrial& trial) {
    const bool goes = !is_config(space, trial);
    if (goes) dropped.push_back(fmt::format("{}", trial.number));
    return goes;
  });
  if (!dropped.empty()) {
    notes.push_back(fmt::format("left out, since not all of their parameters are known: {} {}",
                                dropped.size() == 1 ? "trial" : "trials", join(dropped, ", ")));
  }
}

}  // namespace sweetspot::exchange
