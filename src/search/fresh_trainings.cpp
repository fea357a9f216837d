#include "search/fresh_trainings.hpp"

#include <algorithm>
#include <map>

#include "search/smoothed_values.hpp"
#include "space/config_key.hpp"

namespace sweetspot::search {
namespace {

constexpr double kKnown = 0.05;  // deviation of the best's steps, of their logarithm

// In the middle between neighbours of a choice that worked or were left on their way.
std::vector<space::Config> between_tried(const History& history, const space::Parameter& number) {
  std::map<std::string, std::map<double, const SeenTrial*>> by_choice;
  for (const SeenTrial& trial : history.trials) {
    space::Config choice = trial.config;
    choice.erase(number.name);
    const double at = space::unit_of(number.distribution, trial.config.at(number.name));
    by_choice[space::key_of(choice)][at] = &trial;
  }
  const auto may_work = [](const SeenTrial& trial) { return trial.value || was_left(trial); };
  std::vector<space::Config> configs;
  for (const auto& [choice, tried] : by_choice) {
    for (auto right = std::next(tried.begin()); right != tried.end(); ++right) {
      const auto left = std::prev(right);
      if (!may_work(*left->second) || !may_work(*right->second)) continue;
      space::Config config = left->second->config;
      config[number.name] = space::value_at(number.distribution, (left->first + right->first) / 2);
      configs.push_back(std::move(config));
    }
  }
  return configs;
}

}  // namespace

std::vector<Proposal> fresh_trainings(const History& history, const space::Parameter& number,
                                      size_t most) {
  SmoothedValues smoothed(history.space, history.trials);
  if (!smoothed.are_steps_noisy()) return {};
  for (const SeenTrial& trial : history.trials) {
    if (trial.under_way) smoothed.believe(trial.config);
  }
  const auto bound = [&](const space::Config& config) {
    const auto [mean, deviation] = smoothed.predict(config);
    return mean - deviation;
  };
  std::vector<space::Config> candidates = between_tried(history, number);
  std::vector<Proposal> proposals;
  while (proposals.size() < most && !candidates.empty()) {
    const auto best = std::min_element(
        candidates.begin(), candidates.end(),
        [&](const space::Config& a, const space::Config& b) { return bound(a) < bound(b); });
    if (smoothed.predict(*best).deviation < kKnown) break;
    smoothed.believe(*best);
    proposals.push_back(Proposal::new_trial(*best, history.budget));
    candidates.erase(best);
  }
  return proposals;
}

}  // namespace sweetspot::search
