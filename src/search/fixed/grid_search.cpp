#include "search/fixed/grid_search.hpp"

#include <algorithm>

namespace sweetspot::search {
namespace {

std::vector<space::Value> values_of(const space::Parameter& parameter, size_t levels) {
  std::vector<space::Value> values;
  const size_t choices = space::choices(parameter);
  const size_t count = choices > 0 ? choices : levels;
  for (size_t i = 0; i < count; ++i) {
    double unit = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    if (choices == 0 && count > 1) unit = static_cast<double>(i) / static_cast<double>(count - 1);
    space::Value value = space::value_at(parameter.distribution, unit);
    if (std::find(values.begin(), values.end(), value) == values.end()) {
      values.push_back(std::move(value));
    }
  }
  return values;
}

void add_configs(const space::Space& space, size_t parameter, size_t levels,
                 const space::Config& config, std::vector<space::Config>& all) {
  if (parameter == space.size()) {
    all.push_back(config);
    return;
  }
  const space::Parameter& p = space.parameters()[parameter];
  if (!space::Space::is_active(p, config)) {
    return add_configs(space, parameter + 1, levels, config, all);
  }
  for (const space::Value& value : values_of(p, levels)) {
    space::Config with = config;
    with[p.name] = value;
    add_configs(space, parameter + 1, levels, with, all);
  }
}

}  // namespace

std::vector<space::Config> grid_of(const space::Space& space, size_t levels) {
  std::vector<space::Config> all;
  add_configs(space, 0, levels, {}, all);
  return all;
}

std::vector<Proposal> GridSearch::ask(const History& history, size_t most) const {
  std::vector<space::Config> configs = grid_of(history.space, 1);
  for (size_t levels = 2; levels <= trials_; ++levels) {
    std::vector<space::Config> finer = grid_of(history.space, levels);
    if (finer.size() > trials_ || finer.size() == configs.size()) break;
    configs = std::move(finer);
  }
  std::vector<Proposal> proposals;
  for (size_t i = history.trials.size(); i < configs.size() && proposals.size() < most; ++i) {
    proposals.push_back(Proposal::new_trial(configs[i], history.budget));
  }
  return proposals;
}

}  // namespace sweetspot::search
