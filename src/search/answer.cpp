#include "search/answer.hpp"

#include <algorithm>

namespace sweetspot::search {

std::optional<Answer> answer_of(const space::Space& space, const std::vector<SeenTrial>& trials) {
  const SmoothedValues smoothed(space, trials);
  const std::vector<std::optional<double>>& values = smoothed.of_trials();
  std::optional<Answer> answer;
  for (size_t i = 0; i < trials.size(); ++i) {
    if (!values[i].has_value()) continue;
    if (!answer.has_value()) answer = Answer{.trial = i, .best_valued = i};
    if (*values[i] < *values[answer->trial]) answer->trial = i;
    if (*trials[i].value < *trials[answer->best_valued].value) answer->best_valued = i;
  }
  if (!answer.has_value()) return answer;
  answer->follow_configs = smoothed.follow_configs();
  if (smoothed.are_smoothed()) answer->smoothed = smoothed.estimate(answer->trial);
  return answer;
}

std::optional<size_t> best_trial(const space::Space& space, const std::vector<SeenTrial>& trials) {
  const std::optional<Answer> answer = answer_of(space, trials);
  return answer.has_value() ? std::optional(answer->trial) : std::nullopt;
}

namespace {

// Whether a trial went as far as it could without getting there.
bool is_failure(const SeenTrial& trial) {
  return !was_left(trial) && !trial.value.has_value();
}

}  // namespace

namespace {

// The one number that takes part in a config; null where there is none or several.
const space::Parameter* only_number(const space::Space& space, const space::Config& config) {
  const space::Parameter* number = nullptr;
  for (const space::Parameter& p : space.parameters()) {
    if (space::is_categorical(p) || !config.contains(p.name)) continue;
    if (number != nullptr) return nullptr;
    number = &p;
  }
  return number;
}

// The same in [0, 1] of the number's range.
std::pair<double, double> unit_band(const space::Parameter& number,
                                    const std::vector<SeenTrial>& trials,
                                    const space::Config& best) {
  const auto unit = [&](const space::Config& config) {
    return space::unit_of(number.distribution, config.at(number.name));
  };
  const double at = unit(best);
  std::vector<const SeenTrial*> of_choice;
  for (const SeenTrial& trial : trials) {
    space::Config with = trial.config;
    with[number.name] = best.at(number.name);
    if (with == best) of_choice.push_back(&trial);
  }
  double failed_below = -1;
  double failed_above = 2;
  for (const SeenTrial* trial : of_choice) {
    if (!is_failure(*trial)) continue;
    const double there = unit(trial->config);
    if (there < at) failed_below = std::max(failed_below, there);
    if (there > at) failed_above = std::min(failed_above, there);
  }
  std::pair<double, double> band = {at, at};
  for (const SeenTrial* trial : of_choice) {
    const double there = unit(trial->config);
    if (!trial->value.has_value() || there < failed_below || there > failed_above) continue;
    band = {std::min(band.first, there), std::max(band.second, there)};
  }
  return band;
}

}  // namespace

std::optional<std::pair<double, double>> band_around(const space::Space& space,
                                                     const std::vector<SeenTrial>& trials,
                                                     size_t best) {
  const space::Config& fastest = trials[best].config;
  const space::Parameter* number = only_number(space, fastest);
  // A copy reached the target by all the configs of its lineage.
  if (number == nullptr || trials[best].origin.has_value()) return std::nullopt;
  const auto [low, high] = unit_band(*number, trials, fastest);
  return std::pair(std::get<double>(space::value_at(number->distribution, low)),
                   std::get<double>(space::value_at(number->distribution, high)));
}

std::vector<size_t> lineage_of(const std::vector<SeenTrial>& trials, size_t trial) {
  std::vector<size_t> lineage = {trial};
  while (true) {
    const std::optional<study::Origin>& origin = trials[lineage.back()].origin;
    if (!origin.has_value() || origin->trial >= lineage.back()) break;
    lineage.push_back(origin->trial);
  }
  std::reverse(lineage.begin(), lineage.end());
  return lineage;
}

namespace {

// The last first.
std::vector<space::Config> configs_of_lineage(const std::vector<SeenTrial>& trials, size_t trial) {
  std::vector<space::Config> configs;
  for (const size_t ancestor : lineage_of(trials, trial)) {
    if (configs.empty() || configs.back() != trials[ancestor].config) {
      configs.push_back(trials[ancestor].config);
    }
  }
  std::reverse(configs.begin(), configs.end());
  return configs;
}

}  // namespace

std::vector<space::Config> safe_candidates(const space::Space& space,
                                           const std::vector<SeenTrial>& trials, size_t best) {
  const space::Config& fastest = trials[best].config;
  const space::Parameter* number = only_number(space, fastest);
  if (trials[best].origin.has_value()) return configs_of_lineage(trials, best);
  if (number == nullptr) return {fastest};
  const auto [low, high] = unit_band(*number, trials, fastest);
  const double at = space::unit_of(number->distribution, fastest.at(number->name));
  const double middle = (low + high) / 2;
  std::vector<space::Config> candidates;
  for (const double unit : {(at + middle) / 2, middle}) {
    space::Config config = fastest;
    config[number->name] = space::value_at(number->distribution, unit);
    if (config != fastest) candidates.push_back(std::move(config));
  }
  candidates.push_back(fastest);
  return candidates;
}

}  // namespace sweetspot::search
