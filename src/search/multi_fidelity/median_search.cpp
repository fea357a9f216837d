#include "search/multi_fidelity/median_search.hpp"

#include <algorithm>
#include <cmath>

#include "search/fixed/sobol_search.hpp"

namespace sweetspot::search {
namespace {

constexpr uint64_t kLooks = 10;
constexpr size_t kFewest = 5;  // other trials

// Over its checks up to a step; what had reached the target by then is above all. None where it has
// not come there and may still.
std::optional<double> average_to(const SeenTrial& trial, uint64_t steps) {
  if (trial.outcome == study::Outcome::reached && trial.steps <= steps) return INFINITY;
  if (trial.steps < steps && !trial.outcome.has_value()) return std::nullopt;
  double sum = 0;
  size_t count = 0;
  for (const CurveCheck& check : trial.curve) {
    if (check.step > steps) break;
    sum += check.metric;
    ++count;
  }
  return count == 0 ? -INFINITY : sum / static_cast<double>(count);
}

}  // namespace

bool is_below_median(const std::vector<SeenTrial>& trials, size_t index, uint64_t steps) {
  std::vector<double> averages;
  for (size_t i = 0; i < trials.size(); ++i) {
    if (i == index) continue;
    if (const auto average = average_to(trials[i], steps)) averages.push_back(*average);
  }
  if (averages.size() < kFewest) return false;
  std::sort(averages.begin(), averages.end());
  // Of an even count the lower one of the middle: in doubt a trial trains on.
  const double median = averages[(averages.size() - 1) / 2];
  double best = -INFINITY;
  for (const CurveCheck& check : trials[index].curve) {
    if (check.step <= steps) best = std::max(best, check.metric);
  }
  return best < median;
}

std::vector<Proposal> MedianSearch::ask(const History& history, size_t most) const {
  const uint64_t stretch = std::max(history.budget / kLooks, history.check_every);
  std::vector<Proposal> proposals;
  std::vector<Proposal> stops;
  for (size_t i = 0; i < history.trials.size(); ++i) {
    const SeenTrial& trial = history.trials[i];
    if (trial.outcome.has_value() || trial.under_way) continue;
    if (is_below_median(history.trials, i, trial.steps)) {
      stops.push_back(Proposal::stop(i));
    } else if (proposals.size() < most) {
      proposals.push_back(Proposal::go_on(i, trial.steps + stretch));
    }
  }
  for (size_t i = history.trials.size(); proposals.size() < most; ++i) {
    const std::vector<double> point = scrambled_sobol(i, history.space.size(), history.seed);
    proposals.push_back(Proposal::new_trial(history.space.config_at(point), stretch));
  }
  proposals.insert(proposals.end(), stops.begin(), stops.end());
  return proposals;
}

}  // namespace sweetspot::search
