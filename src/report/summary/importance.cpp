#include "report/summary/importance.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace sweetspot::report {
namespace {

constexpr size_t kFewestTrials = 10;

// From 0; equal elements share their mean rank.
template <class T>
std::vector<double> ranks(const std::vector<T>& elements) {
  std::vector<size_t> order(elements.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return elements[a] < elements[b]; });
  std::vector<double> ranks(elements.size());
  for (size_t first = 0; first < order.size();) {
    size_t end = first + 1;
    while (end < order.size() && elements[order[end]] == elements[order[first]]) ++end;
    for (size_t i = first; i < end; ++i) {
      ranks[order[i]] = static_cast<double>(first + end - 1) / 2;
    }
    first = end;
  }
  return ranks;
}

// Ascending from the best: those that worked come first.
std::pair<bool, double> goodness(const search::SeenTrial& trial) {
  if (trial.value.has_value()) return {false, *trial.value};
  return {true, -search::best_metric(trial).value_or(-INFINITY)};
}

bool tells_something(const search::SeenTrial& trial) {
  if (trial.outcome == study::Outcome::failed || trial.outcome == study::Outcome::cancelled) {
    return false;
  }
  return trial.outcome.has_value() || !trial.curve.empty();
}

std::vector<size_t> groups_of(const space::Parameter& parameter,
                              const std::vector<space::Value>& values) {
  std::vector<size_t> groups;
  if (space::is_categorical(parameter)) {
    std::map<space::Value, size_t> known;
    for (const space::Value& value : values) {
      groups.push_back(known.emplace(value, known.size()).first->second);
    }
    return groups;
  }
  const auto count = static_cast<double>(values.size());
  const double bins = std::floor(std::sqrt(count));
  for (const double rank : ranks(values)) {
    groups.push_back(static_cast<size_t>((rank + 0.5) * bins / count));
  }
  return groups;
}

}  // namespace

std::optional<double> epsilon_squared(const std::vector<size_t>& groups,
                                      const std::vector<double>& values) {
  struct Group {
    double sum = 0;
    double count = 0;
  };
  std::map<size_t, Group> of;
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double total = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    Group& group = of[groups[i]];
    group.sum += values[i] - mean;
    ++group.count;
    total += (values[i] - mean) * (values[i] - mean);
  }
  if (of.size() < 2 || of.size() == values.size() || !(total > 0)) return std::nullopt;
  double between = 0;
  for (const auto& [key, group] : of) between += group.sum * group.sum / group.count;
  const double left =
      (1 - between / total) * (count - 1) / (count - static_cast<double>(of.size()));
  return std::clamp(1 - left, 0.0, 1.0);
}

std::vector<Importance> importance(const space::Space& space,
                                   const std::vector<search::SeenTrial>& trials) {
  std::vector<Importance> all;
  for (const space::Parameter& parameter : space.parameters()) {
    std::vector<space::Value> values;
    std::vector<std::pair<bool, double>> goodnesses;
    for (const search::SeenTrial& trial : trials) {
      const auto value = trial.config.find(parameter.name);
      if (value == trial.config.end() || !tells_something(trial)) continue;
      values.push_back(value->second);
      goodnesses.push_back(goodness(trial));
    }
    if (values.size() < kFewestTrials) continue;
    const auto share = epsilon_squared(groups_of(parameter, values), ranks(goodnesses));
    if (share.has_value()) all.push_back({parameter.name, *share, values.size()});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Importance& a, const Importance& b) { return a.share > b.share; });
  return all;
}

}  // namespace sweetspot::report
