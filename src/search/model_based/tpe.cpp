#include "search/model_based/tpe.hpp"

#include <algorithm>
#include <cmath>

#include "search/draws.hpp"
#include "search/fixed/sobol_search.hpp"
#include "search/model_based/parzen.hpp"

namespace sweetspot::search {
namespace {

constexpr size_t kStartUp = 10;     // trials before the estimators are worth asking
constexpr size_t kCandidates = 24;  // of which the best is proposed
constexpr double kGoodShare = 0.1;
constexpr size_t kMostGood = 25;
// Of the others the latest: older ones weigh little, and an ask must not grow without end.
constexpr size_t kMostBad = 1000;

// Parameters that are active together: those with the same condition.
std::vector<std::vector<size_t>> groups_of(const space::Space& space) {
  std::vector<std::vector<size_t>> groups;
  const std::vector<space::Parameter>& parameters = space.parameters();
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& members) {
      return parameters[members.front()].when == parameters[i].when;
    });
    if (group == groups.end()) {
      groups.push_back({i});
    } else {
      group->push_back(i);
    }
  }
  return groups;
}

struct GroupEstimators {
  std::vector<size_t> parameters;
  Parzen good;
  Parzen bad;
};

Parzen estimator(const space::Space& space, const std::vector<size_t>& group,
                 const std::vector<const SeenTrial*>& trials) {
  std::vector<size_t> choices;
  for (const size_t i : group) choices.push_back(space::choices(space.parameters()[i]));
  std::vector<Point> points;
  for (const SeenTrial* trial : trials) {
    Point point;
    for (const size_t i : group) {
      const space::Parameter& parameter = space.parameters()[i];
      const auto found = trial->config.find(parameter.name);
      if (found == trial->config.end()) break;
      point.push_back(space::unit_of(parameter.distribution, found->second));
    }
    if (point.size() == group.size()) points.push_back(std::move(point));
  }
  return {choices, points};
}

std::vector<GroupEstimators> estimators(const History& history) {
  std::vector<const SeenTrial*> ended;
  std::vector<const SeenTrial*> under_way;
  for (const SeenTrial& trial : history.trials) {
    (trial.outcome.has_value() ? ended : under_way).push_back(&trial);
  }
  std::vector<const SeenTrial*> best = ended;
  const auto wanted =
      static_cast<size_t>(std::ceil(kGoodShare * static_cast<double>(ended.size())));
  const size_t count = std::min({wanted, kMostGood, ended.size()});
  std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(count), best.end(),
                    [](const SeenTrial* a, const SeenTrial* b) { return is_better(*a, *b); });
  best.resize(count);
  std::sort(best.begin(), best.end());  // back into the order of the trials
  std::vector<const SeenTrial*> rest;
  std::set_difference(ended.begin(), ended.end(), best.begin(), best.end(),
                      std::back_inserter(rest));
  if (rest.size() > kMostBad) rest.erase(rest.begin(), rest.end() - kMostBad);
  rest.insert(rest.end(), under_way.begin(), under_way.end());
  std::vector<GroupEstimators> all;
  for (std::vector<size_t>& group : groups_of(history.space)) {
    Parzen good = estimator(history.space, group, best);
    Parzen bad = estimator(history.space, group, rest);
    all.push_back({std::move(group), std::move(good), std::move(bad)});
  }
  return all;
}

space::Config propose(const space::Space& space, const std::vector<GroupEstimators>& all,
                      Draws& draws) {
  space::Config config;
  for (const GroupEstimators& group : all) {
    if (!space::Space::is_active(space.parameters()[group.parameters.front()], config)) continue;
    Point best;
    double best_ratio = -INFINITY;
    for (size_t i = 0; i < kCandidates; ++i) {
      Point point = group.good.draw(draws);
      const double ratio = group.good.log_density(point) - group.bad.log_density(point);
      if (ratio > best_ratio) {
        best_ratio = ratio;
        best = std::move(point);
      }
    }
    for (size_t i = 0; i < best.size(); ++i) {
      const space::Parameter& parameter = space.parameters()[group.parameters[i]];
      config[parameter.name] = space::value_at(parameter.distribution, best[i]);
    }
  }
  return config;
}

}  // namespace

std::vector<Proposal> TpeSearch::ask(const History& history, size_t most) const {
  const auto ended = std::count_if(history.trials.begin(), history.trials.end(),
                                   [](const SeenTrial& t) { return t.outcome.has_value(); });
  if (static_cast<size_t>(ended) < kStartUp) return SobolSearch().ask(history, most);
  const std::vector<GroupEstimators> all = estimators(history);
  std::vector<Proposal> proposals;
  for (size_t i = 0; i < most; ++i) {
    Draws draws(history.seed, history.trials.size() + i);
    proposals.push_back(Proposal::new_trial(propose(history.space, all, draws), history.budget));
  }
  return proposals;
}

}  // namespace sweetspot::search
