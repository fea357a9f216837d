#include "search/multi_fidelity/halving.hpp"

#include <algorithm>

#include "search/fixed/sobol_search.hpp"

namespace sweetspot::search {
namespace {

// Steps of the budget's rungs, ascending, the last the budget: each a whole number of checks, the
// first at least two of them.
std::vector<uint64_t> step_rungs(const History& history) {
  std::vector<uint64_t> steps;
  for (uint64_t rung = history.budget; rung >= 2 * history.check_every; rung /= kEta) {
    const uint64_t checks = (rung + history.check_every - 1) / history.check_every;
    steps.push_back(std::min(checks * history.check_every, history.budget));
  }
  if (steps.empty()) steps.push_back(history.budget);
  std::reverse(steps.begin(), steps.end());
  return steps;
}

// The first rung of a trial: brackets take turns by their share.
size_t first_rung(size_t trial, const std::vector<Bracket>& brackets) {
  uint64_t all = 0;
  for (const Bracket& bracket : brackets) all += bracket.configs;
  uint64_t place = trial % all;
  for (size_t i = 0; i < brackets.size(); ++i) {
    if (place < brackets[i].configs) return i;
    place -= brackets[i].configs;
  }
  return 0;
}

}  // namespace

std::vector<uint64_t> rungs(uint64_t least, uint64_t most, uint64_t eta) {
  std::vector<uint64_t> all;
  for (uint64_t rung = least; rung <= most; rung *= eta) all.push_back(rung);
  return all;
}

std::vector<Bracket> hyperband_brackets(uint64_t most, uint64_t eta) {
  const std::vector<uint64_t> resources = rungs(1, most, eta);
  const size_t count = resources.size();
  std::vector<Bracket> brackets;
  for (size_t i = 0; i < count; ++i) {
    // ceil(count / (s + 1) * eta^s), s halvings in the bracket.
    const uint64_t halvings = count - 1 - i;
    const uint64_t configs = (count * resources[halvings] + halvings) / (halvings + 1);
    brackets.push_back({configs, resources[i]});
  }
  return brackets;
}

std::vector<Proposal> HalvingSearch::ask(const History& history, size_t most) const {
  const std::vector<uint64_t> steps = step_rungs(history);
  std::vector<Bracket> brackets = {{1, 1}};
  if (kind_ == Kind::hyperband) {
    uint64_t most_of_first = 1;
    for (size_t rung = 1; rung < steps.size(); ++rung) most_of_first *= kEta;
    brackets = hyperband_brackets(most_of_first, kEta);
  }
  std::vector<Proposal> proposals;
  for (size_t bracket = 0; bracket < brackets.size(); ++bracket) {
    for (size_t rung = steps.size() - 1; rung-- > bracket;) {
      std::vector<size_t> there;
      for (size_t i = 0; i < history.trials.size(); ++i) {
        if (first_rung(i, brackets) != bracket) continue;
        if (worth_at(history.trials[i], steps[rung]).has_value()) there.push_back(i);
      }
      std::stable_sort(there.begin(), there.end(), [&](size_t a, size_t b) {
        return worth_at(history.trials[a], steps[rung]) > worth_at(history.trials[b], steps[rung]);
      });
      for (size_t place = 0; place < there.size() / kEta; ++place) {
        const SeenTrial& trial = history.trials[there[place]];
        const bool waits = !trial.outcome.has_value() && !trial.under_way;
        if (waits && trial.steps == steps[rung] && proposals.size() < most) {
          proposals.push_back(Proposal::go_on(there[place], steps[rung + 1]));
        }
      }
    }
  }
  for (size_t i = history.trials.size(); proposals.size() < most; ++i) {
    const std::vector<double> point = scrambled_sobol(i, history.space.size(), history.seed);
    proposals.push_back(
        Proposal::new_trial(history.space.config_at(point), steps[first_rung(i, brackets)]));
  }
  return proposals;
}

}  // namespace sweetspot::search
