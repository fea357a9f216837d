#include "study/trial_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::study {
namespace {

[[noreturn]] void fail(const Trial& trial, const std::string& what) {
  throw Error(ErrorKind::study,
              fmt::format("the study is damaged: trial {}: {}", trial.number, what));
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Of the proxy's trials the config says so, beside the space's parameters.
void require_point(const Settings& s, const space::Space& space, const Trial& trial) {
  size_t known = 0;
  for (const space::Parameter& parameter : space.parameters()) {
    if (!space::Space::is_active(parameter, trial.config)) continue;
    const auto value = trial.config.find(parameter.name);
    if (value == trial.config.end()) fail(trial, fmt::format("has no {}", parameter.name));
    ++known;
    const auto* choices = std::get_if<space::Categorical>(&parameter.distribution);
    const auto* choice = std::get_if<std::string>(&value->second);
    if ((choices != nullptr) != (choice != nullptr) ||
        (choices != nullptr && !has(choices->values, *choice))) {
      fail(trial, fmt::format("{} is {}, which its space has not", parameter.name,
                              printable(space::text_of(value->second))));
    }
  }
  if (const auto proxy = trial.config.find(kProxy); proxy != trial.config.end() && has_proxy(s)) {
    if (proxy->second != space::Value(s.search.proxy)) fail(trial, "is of an unknown proxy");
    ++known;
  }
  if (trial.config.size() != known) fail(trial, "has parameters that its space has not");
}

void require_network_config(const Settings& s, const Trial& trial) {
  for (const auto& [name, value] : trial.config) {
    const bool is_choice = std::holds_alternative<std::string>(value);
    if (is_choice != (name == "optimizer" || name == kProxy)) {
      fail(trial, fmt::format("{} is {}, which is no {}", printable(name),
                              printable(space::text_of(value)), is_choice ? "number" : "choice"));
    }
  }
  if (!trial.config.contains("optimizer")) fail(trial, "has no optimizer");
  if (!trial.config.contains("learning_rate")) fail(trial, "has no learning_rate");
  if (!(space::number_in(trial.config, "learning_rate") > 0)) {
    fail(trial, "its learning_rate is not above 0");
  }
  if (!has_proxy(s) && trial.config.contains(kProxy))
    fail(trial, "is of a proxy, which is unknown");
  const uint64_t origin = trial.origin.has_value() ? trial.origin->step : 0;
  if (std::max(trial.steps, origin) > s.budget) {
    fail(trial, fmt::format("has {} steps, where the budget is {}", std::max(trial.steps, origin),
                            s.budget));
  }
}

// Of those that have the study's own seed, on its own network, a number stands for a place.
void require_lineages(const Settings& s, const std::vector<Trial>& trials) {
  const auto is_searched = [&](const Trial& trial) {
    return trial.seed == s.seed && !trial.config.contains(kProxy);
  };
  const auto last = std::find_if(trials.rbegin(), trials.rend(), [&](const Trial& trial) {
    return trial.origin.has_value() && is_searched(trial);
  });
  const auto other = std::find_if_not(trials.begin(), last.base(), is_searched);
  if (other != last.base()) {
    fail(*other, "is none of the search's, where a later one descends from another");
  }
}

}  // namespace

void require_trials_of(const Settings& s, const std::vector<Trial>& trials) {
  if (s.kind == Kind::tune) {
    const space::Space space(s.search.space);
    for (const Trial& trial : trials) require_point(s, space, trial);
    require_lineages(s, trials);
  }
  if (s.command.has_value()) return;
  for (const Trial& trial : trials) require_network_config(s, trial);
}

}  // namespace sweetspot::study
