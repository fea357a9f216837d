#include "search/fixed/random_search.hpp"

#include "search/draws.hpp"

namespace sweetspot::search {

space::Config random_config(const History& history, size_t trial) {
  Draws draws(history.seed, trial);
  std::vector<double> unit(history.space.size());
  for (double& u : unit) u = draws.uniform();
  return history.space.config_at(unit);
}

std::vector<Proposal> RandomSearch::ask(const History& history, size_t most) const {
  std::vector<Proposal> proposals;
  for (size_t i = 0; i < most; ++i) {
    const size_t trial = history.trials.size() + i;
    proposals.push_back(Proposal::new_trial(random_config(history, trial), history.budget));
  }
  return proposals;
}

}  // namespace sweetspot::search
