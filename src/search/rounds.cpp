#include "search/rounds.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sweetspot::search {
namespace {

// The part of its steps that a segment is taken to need, before any has ended.
constexpr double kExpectedShare = 0.25;

void add_segment(SeenTrial& trial, const SegmentEnd& end) {
  trial.steps = end.steps;
  trial.curve.insert(trial.curve.end(), end.curve.begin(), end.curve.end());
  trial.outcome = end.outcome;
  trial.value = end.value;
}

}  // namespace

Rounds::Rounds(const Search& search, const space::Space& space, const RoundOptions& options)
    : search_(search), space_(space), options_(options) {}

bool Rounds::can_ask() const {
  const size_t lag = options_.size == 1 ? 0 : 1;
  for (size_t round = 0; round + lag < rounds_.size(); ++round) {
    for (const Asked& asked : rounds_[round]) {
      if (!asked.end.has_value()) return false;
    }
  }
  return true;
}

History Rounds::seen(size_t rounds) const {
  History history{.space = space_,
                  .trials = {},
                  .seed = options_.seed,
                  .budget = options_.budget,
                  .check_every = options_.check_every,
                  .cost = options_.cost.steps,
                  .spent = 0};
  for (const SeenTrial& trial : trials_) history.trials.push_back({.config = trial.config});
  uint64_t asked_steps = 0;
  for (size_t round = 0; round < rounds; ++round) {
    for (const Asked& asked : rounds_[round]) {
      add_segment(history.trials[asked.trial], *asked.end);
      history.spent += asked.end->steps - asked.from;
      asked_steps += asked.until - asked.from;
    }
  }
  const double share = asked_steps == 0
                           ? kExpectedShare
                           : static_cast<double>(history.spent) / static_cast<double>(asked_steps);
  for (size_t round = rounds; round < rounds_.size(); ++round) {
    for (const Asked& asked : rounds_[round]) {
      history.trials[asked.trial].under_way = true;
      history.spent +=
          static_cast<uint64_t>(std::lround(share * static_cast<double>(asked.until - asked.from)));
    }
  }
  return history;
}

size_t Rounds::affordable(const History& history) const {
  if (options_.cost.steps == 0) return options_.size;
  if (history.spent >= options_.cost.steps) return 0;
  size_t segments = 0;
  for (const std::vector<Asked>& round : rounds_) segments += round.size();
  const double mean = segments == 0
                          ? kExpectedShare * static_cast<double>(options_.budget)
                          : static_cast<double>(history.spent) / static_cast<double>(segments);
  const double left = static_cast<double>(options_.cost.steps - history.spent);
  return std::min(options_.size, static_cast<size_t>(std::ceil(left / std::max(mean, 1.0))));
}

std::vector<Segment> Rounds::ask() {
  const size_t lag = options_.size == 1 ? 0 : 1;
  const History history = seen(rounds_.size() - std::min(lag, rounds_.size()));
  std::vector<Segment> segments;
  std::vector<Asked>& round = rounds_.emplace_back();
  std::vector<Proposal> proposals;
  if (const size_t most = affordable(history); most > 0) proposals = search_.ask(history, most);
  for (Proposal& proposal : proposals) {
    const bool is_new = !proposal.trial.has_value();
    if (is_new && options_.cost.trials > 0 && trials_.size() >= options_.cost.trials) continue;
    if (is_new) {
      proposal.trial = trials_.size();
      trials_.push_back({.config = std::move(proposal.config)});
    }
    const size_t trial = *proposal.trial;
    // Trials are looked at when they are checked.
    const uint64_t checks = (proposal.until + options_.check_every - 1) / options_.check_every;
    const uint64_t until = std::min(checks * options_.check_every, options_.budget);
    round.push_back({trial, trials_[trial].steps, until, std::nullopt});
    segments.push_back({trial, trials_[trial].config, trials_[trial].steps, until});
    trials_[trial].under_way = true;
    ++open_;
  }
  // Nothing is asked for, and the search saw all there is.
  const bool saw_all = lag == 0 || rounds_.size() == 1 || rounds_[rounds_.size() - 2].empty();
  over_ = segments.empty() && open_ == 0 && saw_all;
  return segments;
}

void Rounds::end(size_t trial, SegmentEnd end) {
  for (std::vector<Asked>& round : rounds_) {
    for (Asked& asked : round) {
      if (asked.trial != trial || asked.end.has_value()) continue;
      add_segment(trials_[trial], end);
      trials_[trial].under_way = false;
      asked.end = std::move(end);
      --open_;
      return;
    }
  }
}

uint64_t Rounds::spent() const {
  uint64_t steps = 0;
  for (const SeenTrial& trial : trials_) steps += trial.steps;
  return steps;
}

}  // namespace sweetspot::search
