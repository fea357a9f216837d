#include "search/population/pbt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "base/text.hpp"
#include "search/draws.hpp"
#include "search/fixed/sobol_search.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::search {
namespace {

constexpr double kTruncation = 0.2;
constexpr double kUp = 1.2;
constexpr double kDown = 0.8;
constexpr size_t kTestedChecks = 10;
constexpr double kSignificance = 0.05;

constexpr std::pair<const char*, Exploit> kExploits[] = {{"truncation", Exploit::truncation},
                                                         {"t-test", Exploit::t_test},
                                                         {"tournament", Exploit::tournament},
                                                         {"none", Exploit::none}};
constexpr std::pair<const char*, Explore> kExplores[] = {
    {"perturb", Explore::perturb}, {"resample", Explore::resample}, {"normal", Explore::normal}};

template <class Value, size_t n>
std::vector<std::string> names_of(const std::pair<const char*, Value> (&table)[n]) {
  std::vector<std::string> names;
  for (const auto& [name, value] : table) names.emplace_back(name);
  return names;
}

template <class Value, size_t n>
Value named(std::string_view what, std::string_view name,
            const std::pair<const char*, Value> (&table)[n]) {
  for (const auto& [known, value] : table) {
    if (name == known) return value;
  }
  throw Error(ErrorKind::usage, unknown_name(what, name, names_of(table)));
}

struct Moments {
  double mean;
  double variance_of_mean;
  double freedom;
};

Moments moments(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, squares / (n - 1) / n, n - 1};
}

std::vector<double> last_checks(const SeenTrial& trial) {
  std::vector<double> values;
  const size_t count = std::min(kTestedChecks, trial.curve.size());
  for (size_t i = trial.curve.size() - count; i < trial.curve.size(); ++i) {
    values.push_back(trial.curve[i].metric);
  }
  return values;
}

// The members that stand at the generation's step, and those of them that others may copy.
struct Generation {
  std::vector<size_t> alive;  // the best first
  uint64_t step = 0;
  size_t fifth = 1;

  // Whom a member copies; itself where it goes on.
  size_t copied_by(size_t place, Exploit exploit, const std::vector<SeenTrial>& trials,
                   Draws& draws) const {
    const size_t self = alive[place];
    if (alive.size() == 1) return self;
    if (exploit == Exploit::truncation) {
      return place + fifth < alive.size() ? self : alive[draws.below(fifth)];
    }
    size_t other = draws.below(alive.size() - 1);
    other += other >= place ? 1 : 0;
    const SeenTrial& a = trials[alive[other]];
    const SeenTrial& b = trials[self];
    bool is_ahead = false;
    if (exploit == Exploit::t_test) {
      is_ahead = is_better_by_t_test(last_checks(a), last_checks(b), kSignificance);
    } else if (exploit == Exploit::tournament) {
      const double lead = a.curve.back().metric - b.curve.back().metric;
      is_ahead = lead > 0 || (lead == 0 && draws.uniform() < 0.5);
    }
    return is_ahead ? alive[other] : self;
  }
};

Generation generation_of(const std::vector<SeenTrial>& trials) {
  Generation generation;
  for (size_t i = 0; i < trials.size(); ++i) {
    if (trials[i].outcome.has_value()) continue;
    generation.alive.push_back(i);
    generation.step = trials[i].steps;
  }
  std::stable_sort(generation.alive.begin(), generation.alive.end(), [&](size_t a, size_t b) {
    return trials[a].curve.back().metric > trials[b].curve.back().metric;
  });
  generation.fifth = std::max<size_t>(
      1, static_cast<size_t>(kTruncation * static_cast<double>(generation.alive.size())));
  return generation;
}

}  // namespace

std::vector<std::string> exploit_names() {
  return names_of(kExploits);
}

std::vector<std::string> explore_names() {
  return names_of(kExplores);
}

Exploit exploit_of(std::string_view name) {
  return named("exploit", name, kExploits);
}

Explore explore_of(std::string_view name) {
  return named("explore", name, kExplores);
}

bool is_better_by_t_test(const std::vector<double>& a, const std::vector<double>& b,
                         double significance) {
  if (a.size() < 2 || b.size() < 2) return false;
  const Moments x = moments(a);
  const Moments y = moments(b);
  const double variance = x.variance_of_mean + y.variance_of_mean;
  if (!(variance > 0)) return x.mean > y.mean;
  const double freedom = variance * variance /
                         (x.variance_of_mean * x.variance_of_mean / x.freedom +
                          y.variance_of_mean * y.variance_of_mean / y.freedom);
  const boost::math::students_t distribution(freedom);
  const double t = (x.mean - y.mean) / std::sqrt(variance);
  return boost::math::cdf(boost::math::complement(distribution, t)) < significance;
}

space::Config explored(const space::Space& space, const space::Config& config, Explore explore,
                       double deviation, Draws& draws) {
  space::Config changed = config;
  for (const space::Parameter& parameter : space.parameters()) {
    if (space::is_categorical(parameter) || !config.contains(parameter.name)) continue;
    space::Value& value = changed[parameter.name];
    double unit = draws.uniform();
    if (explore == Explore::perturb) {
      unit = space::unit_of(parameter.distribution,
                            std::get<double>(value) * (unit < 0.5 ? kDown : kUp));
    } else if (explore == Explore::normal) {
      const double at = space::unit_of(parameter.distribution, value);
      unit = std::clamp(at + deviation * draws.normal(), 0.0, 1.0);
    }
    value = space::value_at(parameter.distribution, unit);
  }
  return changed;
}

PbtSearch::PbtSearch(PbtOptions options) : options_(std::move(options)) {
  if (options_.population < 2) {
    throw Error(ErrorKind::usage, fmt::format("population {}: must be at least 2, for one to learn "
                                              "from another",
                                              options_.population));
  }
  if (options_.steps < options_.ready) {
    throw Error(
        ErrorKind::usage,
        fmt::format("the cost pays for {} steps of each of {} members, which are fewer than "
                    "the {} of ready; a larger --cost, or a smaller --population or --ready",
                    options_.steps, options_.population, options_.ready));
  }
}

std::vector<Proposal> PbtSearch::first_generation(const History& history) const {
  std::vector<Proposal> proposals;
  for (size_t i = 0; i < options_.population; ++i) {
    space::Config config =
        i < options_.first.size()
            ? options_.first[i]
            : history.space.config_at(scrambled_sobol(i, history.space.size(), history.seed));
    Proposal proposal = Proposal::new_trial(std::move(config), options_.ready);
    proposal.is_last = options_.ready == options_.steps;
    proposals.push_back(std::move(proposal));
  }
  return proposals;
}

std::vector<Proposal> PbtSearch::ask(const History& history, size_t) const {
  const std::vector<SeenTrial>& trials = history.trials;
  if (trials.empty()) return first_generation(history);
  const bool any_reached = std::any_of(trials.begin(), trials.end(), [](const SeenTrial& trial) {
    return trial.outcome == study::Outcome::reached;
  });
  const Generation generation = generation_of(trials);
  // All stand at the same step: none of the others can be faster than the first that reached.
  if (any_reached || generation.alive.empty()) return {};
  const uint64_t next = std::min(generation.step + options_.ready, options_.steps);
  std::vector<Proposal> copies;
  std::vector<Proposal> goers;
  std::vector<Proposal> stops;
  const uint64_t generations = generation.step / options_.ready;
  const auto draws_of = [&](size_t place) {
    return Draws(history.seed, generations * options_.population + place);
  };
  const auto copy = [&](size_t trial, Draws& draws) {
    copies.push_back(Proposal::copy(
        trial,
        explored(history.space, trials[trial].config, options_.explore, options_.deviation, draws),
        next));
  };
  for (size_t place = 0; place < generation.alive.size(); ++place) {
    Draws draws = draws_of(place);
    const size_t self = generation.alive[place];
    const size_t copied = generation.copied_by(place, options_.exploit, trials, draws);
    if (copied == self && !options_.everyone_explores) {
      goers.push_back(Proposal::go_on(self, next));
    } else {
      copy(copied, draws);
      stops.push_back(Proposal::stop(self));
    }
  }
  for (size_t place = generation.alive.size(); place < options_.population; ++place) {
    Draws draws = draws_of(place);
    copy(generation.alive[draws.below(generation.fifth)], draws);
  }
  // A copy is taken before the one that it copies goes on or stops.
  std::vector<Proposal> proposals = std::move(copies);
  proposals.insert(proposals.end(), goers.begin(), goers.end());
  for (Proposal& proposal : proposals) proposal.is_last = next == options_.steps;
  proposals.insert(proposals.end(), stops.begin(), stops.end());
  return proposals;
}

}  // namespace sweetspot::search
