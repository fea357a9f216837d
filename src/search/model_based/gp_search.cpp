#include "search/model_based/gp_search.hpp"

#include <algorithm>
#include <cmath>
#include <nlopt.hpp>
#include <numbers>
#include <optional>

#include "search/draws.hpp"
#include "search/fixed/sobol_search.hpp"
#include "search/model_based/gaussian_process.hpp"

namespace sweetspot::search {
namespace {

// Trials before the processes are worth asking: for each parameter, and in all.
constexpr size_t kStartUpEach = 2;
constexpr size_t kLeastStartUp = 4;
constexpr size_t kSpread = 400;        // candidates over the whole space
constexpr size_t kAround = 40;         // beside each of the best trials
constexpr size_t kBest = 5;            // trials that candidates lie beside
constexpr size_t kRefined = 4;         // candidates that are climbed from
constexpr int kClimb = 60;             // evaluations for each number that takes part
constexpr size_t kMostModelled = 300;  // trials, the latest: the cost grows with the cube

double normal_density(double z) {
  return std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi);
}
double normal_share(double z) {
  return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

// How far trials that failed fell short, by their best metric; those without one are as bad as the
// worst of the others.
std::vector<double> shortfalls(const std::vector<std::optional<double>>& metrics) {
  double worst = INFINITY;
  for (const auto& metric : metrics) worst = std::min(worst, metric.value_or(INFINITY));
  if (!std::isfinite(worst)) worst = 0;
  std::vector<double> shortfalls;
  for (const auto& metric : metrics) shortfalls.push_back(-metric.value_or(worst));
  return shortfalls;
}

// What the trials say, as processes.
struct Model {
  std::optional<GaussianProcess> value;   // the smaller the better; of what worked, or of how far
                                          // failures fell short while nothing worked
  std::optional<GaussianProcess> chance;  // to work: +1 and -1
  double best = 0;                        // the least value

  double log_worth(const KernelPoint& point) const {
    const auto [mean, deviation] = value->predict(point);
    const double width = std::max(deviation, 1e-12);
    double worth = std::log(width) + log_improvement((best - mean) / width);
    if (chance.has_value()) {
      const auto [score, doubt] = chance->predict(point);
      worth += std::log(std::max(normal_share(2 * score / std::sqrt(1 + doubt * doubt)), 1e-12));
    }
    return worth;
  }

  void believe(const KernelPoint& point) {
    value->believe(point);
    if (chance.has_value()) chance->believe(point);
  }
};

Model model_of(const History& history) {
  std::vector<const SeenTrial*> ended;
  for (const SeenTrial& trial : history.trials) {
    if (trial.outcome.has_value()) ended.push_back(&trial);
  }
  if (ended.size() > kMostModelled) ended.erase(ended.begin(), ended.end() - kMostModelled);
  const std::vector<size_t> choices = choices_of(history.space);
  std::vector<KernelPoint> all;
  std::vector<KernelPoint> working;
  std::vector<double> values;
  std::vector<double> works;
  std::vector<std::optional<double>> metrics;
  for (const SeenTrial* trial : ended) {
    all.push_back(history.space.point_of(trial->config));
    works.push_back(trial->value.has_value() ? 1 : -1);
    metrics.push_back(best_metric(*trial));
    if (!trial->value.has_value()) continue;
    working.push_back(all.back());
    values.push_back(*trial->value);
  }
  Model model;
  if (values.empty()) {
    const std::vector<double> short_of = shortfalls(metrics);
    model.value.emplace(choices, std::move(all), short_of, kNearlyExact);
    model.best = *std::min_element(short_of.begin(), short_of.end());
    return model;
  }
  values = compressed(std::move(values));
  model.best = *std::min_element(values.begin(), values.end());
  if (working.size() < ended.size())
    model.chance.emplace(choices, std::move(all), works, kNearlyExact);
  const std::vector<KernelPoint> at = working;
  model.value.emplace(choices, std::move(working), values, kNearlyExact);
  model.best = INFINITY;
  for (const auto& p : at) model.best = std::min(model.best, model.value->predict(p).mean);
  return model;
}

struct Candidate {
  double worth;
  std::vector<double> unit;
};

class Proposer {
 public:
  Proposer(const History& history, Model model) : history_(history), model_(std::move(model)) {
    for (const SeenTrial& trial : history.trials) {
      if (trial.outcome.has_value()) {
        ended_.push_back(&trial);
      } else {
        model_.believe(history.space.point_of(trial.config));
      }
    }
    std::stable_sort(ended_.begin(), ended_.end(),
                     [](const SeenTrial* a, const SeenTrial* b) { return is_better(*a, *b); });
    if (ended_.size() > kBest) ended_.resize(kBest);
  }

  space::Config propose(size_t number) {
    Draws draws(history_.seed, number);
    std::vector<Candidate> candidates;
    for (size_t i = 0; i < kSpread; ++i) {
      add(scrambled_sobol(i, history_.space.size(), history_.seed + 7919 * (number + 1)),
          candidates);
    }
    for (const SeenTrial* trial : ended_) {
      for (size_t i = 0; i < kAround; ++i) add(beside(*trial, draws), candidates);
    }
    const size_t refined = std::min(kRefined, candidates.size());
    std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(refined),
                      candidates.end(),
                      [](const Candidate& a, const Candidate& b) { return a.worth > b.worth; });
    candidates.resize(refined);
    Candidate best = candidates.front();
    for (Candidate& candidate : candidates) {
      climb(candidate);
      if (candidate.worth > best.worth) best = candidate;
    }
    space::Config config = history_.space.config_at(best.unit);
    model_.believe(history_.space.point_of(config));
    return config;
  }

 private:
  double worth(const std::vector<double>& unit) const {
    return model_.log_worth(history_.space.point_of(history_.space.config_at(unit)));
  }

  void add(std::vector<double> unit, std::vector<Candidate>& candidates) const {
    const double value = worth(unit);
    candidates.push_back({value, std::move(unit)});
  }

  // Its numbers moved by a little or by more; a choice drawn again now and then.
  std::vector<double> beside(const SeenTrial& trial, Draws& draws) const {
    constexpr double kOtherChoice = 0.2;
    const auto point = history_.space.point_of(trial.config);
    const double deviation = std::pow(10, -1 - 3 * draws.uniform());
    std::vector<double> unit;
    for (size_t i = 0; i < point.size(); ++i) {
      const bool is_choice = space::is_categorical(history_.space.parameters()[i]);
      const double drawn = draws.uniform();
      const double moved = point[i].value_or(drawn) + deviation * draws.normal();
      const bool is_kept = is_choice && draws.uniform() > kOtherChoice;
      unit.push_back(is_kept     ? point[i].value_or(drawn)
                     : is_choice ? drawn
                                 : std::clamp(moved, 0.0, 1.0));
    }
    return unit;
  }

  // Over the numbers that take part, the choices as they are (Powell's BOBYQA, 2009).
  void climb(Candidate& candidate) const {
    const auto point = history_.space.point_of(history_.space.config_at(candidate.unit));
    std::vector<size_t> numbers;
    std::vector<double> at;
    for (size_t i = 0; i < point.size(); ++i) {
      if (!point[i].has_value() || space::is_categorical(history_.space.parameters()[i])) continue;
      numbers.push_back(i);
      at.push_back(candidate.unit[i]);
    }
    if (numbers.empty()) return;
    struct Climb {
      const Proposer& proposer;
      const std::vector<size_t>& numbers;
      std::vector<double> unit;
    } climb = {*this, numbers, candidate.unit};
    // One number alone is no case for BOBYQA.
    nlopt::opt optimizer(numbers.size() > 1 ? nlopt::LN_BOBYQA : nlopt::LN_SBPLX,
                         static_cast<unsigned>(numbers.size()));
    optimizer.set_lower_bounds(0.0);
    optimizer.set_upper_bounds(1.0);
    optimizer.set_initial_step(0.02);
    optimizer.set_maxeval(kClimb * static_cast<int>(numbers.size()));
    optimizer.set_xtol_abs(1e-7);
    optimizer.set_max_objective(
        [](const std::vector<double>& x, std::vector<double>&, void* data) {
          Climb& c = *static_cast<Climb*>(data);
          for (size_t i = 0; i < x.size(); ++i) c.unit[c.numbers[i]] = x[i];
          return c.proposer.smooth_worth(c.unit);
        },
        &climb);
    double value = candidate.worth;
    try {
      optimizer.optimize(at, value);
    } catch (const std::runtime_error&) {
      // Rounding stops it where it stands; the candidate may be better already.
    }
    std::vector<double> unit = candidate.unit;
    for (size_t i = 0; i < numbers.size(); ++i) unit[numbers[i]] = std::clamp(at[i], 0.0, 1.0);
    const double climbed = worth(unit);
    if (climbed > candidate.worth) candidate = {climbed, std::move(unit)};
  }

  // Without the rounding of numbers to six digits and of integers.
  double smooth_worth(const std::vector<double>& unit) const {
    KernelPoint point = history_.space.point_of(history_.space.config_at(unit));
    for (size_t i = 0; i < point.size(); ++i) {
      const auto& distribution = history_.space.parameters()[i].distribution;
      const bool is_real = std::holds_alternative<space::LogUniform>(distribution) ||
                           std::holds_alternative<space::Uniform>(distribution);
      if (point[i].has_value() && is_real) point[i] = unit[i];
    }
    return model_.log_worth(point);
  }

  const History& history_;
  Model model_;
  std::vector<const SeenTrial*> ended_;  // the best
};

}  // namespace

double log_improvement(double z) {
  if (z > -5) return std::log(normal_density(z) + z * normal_share(z));
  // Mills' ratio: phi(z) / z^2 (1 - 3 / z^2 + 15 / z^4 - 105 / z^6 ...).
  const double inverse = 1 / (z * z);
  const double series = 1 - inverse * (3 - inverse * (15 - inverse * (105 - inverse * 945)));
  return -0.5 * z * z - 0.5 * std::log(2 * std::numbers::pi) + std::log(inverse * series);
}

std::vector<Proposal> GpSearch::ask(const History& history, size_t most) const {
  const auto ended = std::count_if(history.trials.begin(), history.trials.end(),
                                   [](const SeenTrial& t) { return t.outcome.has_value(); });
  const size_t start_up = std::max(kLeastStartUp, kStartUpEach * history.space.size());
  if (static_cast<size_t>(ended) < start_up) return SobolSearch().ask(history, most);
  Proposer proposer(history, model_of(history));
  std::vector<Proposal> proposals;
  for (size_t i = 0; i < most; ++i) {
    proposals.push_back(
        Proposal::new_trial(proposer.propose(history.trials.size() + i), history.budget));
  }
  return proposals;
}

}  // namespace sweetspot::search
