#include "search/model_based/valley_search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "search/draws.hpp"
#include "search/fresh_trainings.hpp"
#include "space/config_key.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::search {
namespace {

// How many go on to a level, the least places of each choice among them, and of how many choices
// the best then gets neighbours.
struct Level {
  size_t survivors;
  size_t of_each_choice;
  size_t choices_refined;
};
// Where the cost is tight, and where it is not.
using Levels = std::array<Level, 4>;
constexpr Levels kNarrow = {{{12, 1, 4}, {8, 1, 3}, {6, 0, 2}, {4, 0, 0}}};
constexpr Levels kWide = {{{24, 2, 6}, {12, 1, 4}, {8, 0, 2}, {6, 0, 0}}};
constexpr uint64_t kTightCost = 6;     // times the screening
constexpr double kScreenDistance = 1;  // decades
constexpr size_t kLeastScreened = 5;   // points of each choice
constexpr size_t kMostScreened = 12;
constexpr double kStartDistance = 0.4;  // between starts and what is beside them, of a screening's
constexpr int kFinalRounds = 3;
constexpr double kCloseToBest = 1.15;  // of the steps: choices that the final rounds look at

// The points of the plan so far, by the number of their trials.
struct Placed {
  std::string choice;  // the config without the number, as text
  space::Config rest;
  double at;  // of the number, in [0, 1]
};

const space::Parameter& number_of(const space::Space& space) {
  return *std::find_if(space.parameters().begin(), space.parameters().end(),
                       [](const space::Parameter& p) { return !space::is_categorical(p); });
}

// Every combination of the categoricals, as far as they are active.
void add_choices(const space::Space& space, size_t parameter, space::Config config,
                 std::vector<space::Config>& all) {
  if (parameter == space.size()) {
    all.push_back(std::move(config));
    return;
  }
  const space::Parameter& p = space.parameters()[parameter];
  const auto* categorical = std::get_if<space::Categorical>(&p.distribution);
  if (categorical == nullptr || !space::Space::is_active(p, config)) {
    return add_choices(space, parameter + 1, std::move(config), all);
  }
  for (const std::string& value : categorical->values) {
    config[p.name] = value;
    add_choices(space, parameter + 1, config, all);
  }
}

size_t points_to_screen(const space::Parameter& number) {
  const auto* log = std::get_if<space::LogUniform>(&number.distribution);
  if (log == nullptr) return kLeastScreened;
  const double decades = std::log10(log->high / log->low);
  return std::clamp(static_cast<size_t>(std::lround(decades / kScreenDistance)) + 1, kLeastScreened,
                    kMostScreened);
}

// The plan is walked through from its start at each call; it ends where something is still to train
// or to wait for. So it depends on what is seen alone.
class Plan {
 public:
  Plan(const History& history, const std::vector<space::Config>& starts, size_t most)
      : history_(history), starts_(starts), most_(most), number_(number_of(history.space)) {
    add_choices(history.space, 0, {}, choices_);
    distance_ = 1.0 / static_cast<double>(points_to_screen(number_));
    if (!starts.empty()) distance_ *= kStartDistance;
  }

  std::vector<Proposal> walk() {
    uint64_t steps = 2 * history_.check_every;
    if (starts_.empty()) {
      if (!screen(steps) || !add_neighbours(steps, choices_.size())) return todo_;
    } else if (!place_starts(steps)) {
      return todo_;
    }
    const uint64_t screening = choices_.size() * points_to_screen(number_) * steps;
    const bool is_tight = history_.cost > 0 && history_.cost < kTightCost * screening;
    for (const Level& level : is_tight ? kNarrow : kWide) {
      in_play_ = best_at(steps, level);
      steps = std::min(2 * steps, history_.budget);
      if (!train(in_play_, steps)) return todo_;
      if (level.choices_refined > 0 && !add_neighbours(steps, level.choices_refined)) return todo_;
    }
    // Till one reaches the target, then the others as far as that one; else to the budget.
    while (steps < history_.budget && !fastest().has_value()) {
      steps = std::min(2 * steps, history_.budget);
      if (!train(in_play_, steps)) return todo_;
    }
    if (!train(in_play_, history_.budget)) return todo_;
    for (int round = 0; round < kFinalRounds; ++round) {
      if (!search_valleys()) return todo_;
    }
    if (history_.cost == 0) return {};
    return fresh_trainings(history_, number_, most_);
  }

  // Those that were dropped and wait where they paused: they never come back.
  std::vector<size_t> dropped() const {
    std::vector<size_t> trials;
    for (size_t i = 0; i < std::min(placed_.size(), history_.trials.size()); ++i) {
      const bool waits = !seen(i).outcome.has_value() && !seen(i).under_way;
      const bool plays = std::find(in_play_.begin(), in_play_.end(), i) != in_play_.end();
      if (waits && !plays) trials.push_back(i);
    }
    return trials;
  }

 private:
  const SeenTrial& seen(size_t trial) const { return history_.trials[trial]; }

  // Nobody needs to train longer than the fastest did.
  std::optional<uint64_t> fastest() const {
    std::optional<uint64_t> steps;
    for (size_t i = 0; i < placed_.size(); ++i) {
      if (seen(i).outcome != study::Outcome::reached) continue;
      steps = std::min(steps.value_or(seen(i).steps), seen(i).steps);
    }
    return steps;
  }
  uint64_t at_most(uint64_t steps) const { return std::min(steps, fastest().value_or(steps)); }

  // Where a trial stopped sooner, because the fastest did: what it came to there.
  Worth worth(size_t trial, uint64_t steps) const {
    const SeenTrial& t = seen(trial);
    const double last = t.curve.empty() ? -INFINITY : t.curve.back().metric;
    return worth_at(t, steps).value_or(Worth{Worth::Tier::trains, last});
  }

  // Places new trials, unless they were already; false while they are not all trained.
  bool place(const std::vector<Placed>& wanted, uint64_t steps) {
    std::vector<size_t> trials;
    for (const Placed& point : wanted) {
      trials.push_back(placed_.size());
      in_play_.push_back(placed_.size());
      placed_.push_back(point);
    }
    for (const size_t trial : trials) {
      if (trial < history_.trials.size() || todo_.size() == most_) continue;
      space::Config config = placed_[trial].rest;
      config[number_.name] = space::value_at(number_.distribution, placed_[trial].at);
      todo_.push_back(Proposal::new_trial(std::move(config), steps));
    }
    return todo_.empty() && train(trials, steps);
  }

  // Trains on; false while not all are there.
  bool train(const std::vector<size_t>& trials, uint64_t steps) {
    const uint64_t until = at_most(steps);
    bool waits = false;
    for (const size_t trial : trials) {
      if (trial >= history_.trials.size()) return false;
      const SeenTrial& t = seen(trial);
      if (t.under_way) {
        waits = true;
      } else if (!t.outcome.has_value() && t.steps < until && todo_.size() < most_) {
        todo_.push_back(Proposal::go_on(trial, until));
      }
    }
    return todo_.empty() && !waits;
  }

  // Each start, and what lies beside it: twice below, since larger networks take smaller rates.
  bool place_starts(uint64_t steps) {
    std::vector<Placed> wanted;
    for (const space::Config& start : starts_) {
      space::Config choice = start;
      choice.erase(number_.name);
      const double at = space::unit_of(number_.distribution, start.at(number_.name));
      for (const double away : {0.0, -distance_, distance_, -2 * distance_}) {
        if (at + away < 0 || at + away > 1) continue;
        wanted.push_back({space::key_of(choice), choice, at + away});
      }
    }
    return place(wanted, steps);
  }

  // Points of each choice evenly over the range, moved by the seed.
  bool screen(uint64_t steps) {
    const size_t count = points_to_screen(number_);
    const double moved = Draws(history_.seed, 0).uniform();
    std::vector<Placed> wanted;
    for (const space::Config& choice : choices_) {
      for (size_t i = 0; i < count; ++i) {
        wanted.push_back({space::key_of(choice), choice,
                          (static_cast<double>(i) + moved) / static_cast<double>(count)});
      }
    }
    return place(wanted, steps);
  }

  std::vector<size_t> ranked(uint64_t steps) const {
    std::vector<size_t> trials = in_play_;
    std::sort(trials.begin(), trials.end());
    std::stable_sort(trials.begin(), trials.end(),
                     [&](size_t a, size_t b) { return worth(a, steps) > worth(b, steps); });
    return trials;
  }

  std::vector<size_t> best_at(uint64_t steps, const Level& level) const {
    std::vector<size_t> chosen;
    std::map<std::string, size_t> places;
    const std::vector<size_t> order = ranked(steps);
    for (size_t rank = 0; rank < order.size(); ++rank) {
      size_t& of_choice = places[placed_[order[rank]].choice];
      if (rank < level.survivors || of_choice < level.of_each_choice) {
        chosen.push_back(order[rank]);
        ++of_choice;
      }
    }
    return chosen;
  }

  // At half the distance so far, beside the best of the best choices.
  bool add_neighbours(uint64_t steps, size_t choices) {
    distance_ /= 2;
    std::set<std::string> done;
    std::vector<Placed> wanted;
    for (const size_t trial : ranked(steps)) {
      const Placed best = placed_[trial];
      if (done.size() == choices || !done.insert(best.choice).second) continue;
      add_beside(best, wanted);
    }
    return place(wanted, steps);
  }

  void add_beside(const Placed& best, std::vector<Placed>& wanted) const {
    for (const double side : {-distance_, distance_}) {
      const double at = best.at + side;
      const auto is_there = [&](const Placed& other) {
        return other.choice == best.choice && std::abs(other.at - at) < distance_ / 2;
      };
      if (at < 0 || at > 1 || std::any_of(placed_.begin(), placed_.end(), is_there)) continue;
      wanted.push_back({best.choice, best.rest, at});
    }
  }

  // Beside the fastest of each choice that is close to the fastest of all.
  bool search_valleys() {
    const std::optional<uint64_t> best = fastest();
    if (!best.has_value()) return true;
    std::map<std::string, size_t> fastest_of;
    for (const size_t trial : ranked(history_.budget)) {
      const SeenTrial& t = seen(trial);
      const double limit = kCloseToBest * static_cast<double>(*best);
      if (t.outcome != study::Outcome::reached || static_cast<double>(t.steps) > limit) continue;
      fastest_of.emplace(placed_[trial].choice, trial);
    }
    std::vector<Placed> wanted;
    for (const auto& [choice, trial] : fastest_of) add_beside(placed_[trial], wanted);
    return place(wanted, *best);
  }

  const History& history_;
  const std::vector<space::Config>& starts_;
  size_t most_;
  const space::Parameter& number_;
  std::vector<space::Config> choices_;
  std::vector<Placed> placed_;
  std::vector<size_t> in_play_;  // those that are not dropped; a dropped one never comes back
  double distance_;
  std::vector<Proposal> todo_;
};

}  // namespace

bool ValleySearch::takes(const space::Space& space) {
  const auto& all = space.parameters();
  const auto is_number = [](const space::Parameter& p) { return !space::is_categorical(p); };
  return std::count_if(all.begin(), all.end(), is_number) == 1 &&
         !number_of(space).when.has_value();
}

ValleySearch::ValleySearch(const space::Space& space, std::vector<space::Config> starts)
    : starts_(std::move(starts)) {
  if (!takes(space)) {
    throw Error(ErrorKind::usage, "this search takes choices and one number, without condition");
  }
}

namespace {

// The one that has come furthest of those that have not ended, while none has worked.
std::optional<size_t> leader(const History& history) {
  std::optional<size_t> best;
  for (size_t i = 0; i < history.trials.size(); ++i) {
    const SeenTrial& trial = history.trials[i];
    if (trial.value.has_value()) return std::nullopt;
    if (trial.outcome.has_value() || trial.curve.empty()) continue;
    const auto is_further = [&](const SeenTrial& other) {
      return trial.curve.back().metric > other.curve.back().metric;
    };
    if (!best.has_value() || is_further(history.trials[*best])) best = i;
  }
  return best;
}

// Of the leader's way to the budget: with a target most end long before.
constexpr uint64_t kLeadersShare = 4;

// Steps that proposals may take.
uint64_t steps_of(const History& history, const std::vector<Proposal>& proposals) {
  uint64_t steps = 0;
  for (const Proposal& proposal : proposals) {
    const bool goes_on = proposal.kind == Proposal::Kind::go_on;
    steps += proposal.until - (goes_on ? history.trials[proposal.trial].steps : 0);
  }
  return steps;
}

}  // namespace

std::vector<Proposal> ValleySearch::ask(const History& history, size_t most) const {
  Plan plan(history, starts_, most);
  std::vector<Proposal> proposals = plan.walk();
  const std::optional<size_t> first = history.cost > 0 ? leader(history) : std::nullopt;
  if (first.has_value() && !proposals.empty()) {
    // A search that spends all on looking around has found nothing: what is left goes to the
    // leader.
    const SeenTrial& trial = history.trials[*first];
    const uint64_t to_end = (history.budget - trial.steps) / kLeadersShare;
    if (history.spent + steps_of(history, proposals) + to_end > history.cost) {
      if (trial.under_way) return {};
      return {Proposal::go_on(*first, history.budget)};
    }
  }
  // A round of stops alone would be the last.
  if (!proposals.empty()) {
    for (const size_t trial : plan.dropped()) proposals.push_back(Proposal::stop(trial));
  }
  return proposals;
}

}  // namespace sweetspot::search
