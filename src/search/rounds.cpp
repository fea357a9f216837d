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
  trial.ended_itself = end.ended_itself;
  trial.under_way = false;
}

}  // namespace

Rounds::Rounds(const Search& search, const space::Space& space, const RoundOptions& options)
    : search_(search), space_(space), options_(options) {}

size_t Rounds::size() const {
  const size_t own = search_.own_round_size();
  return own > 0 ? own : options_.size;
}

size_t Rounds::hidden() const {
  if (options_.size == 1 || search_.sees_last_round()) return 0;
  return std::min<size_t>(1, rounds_.size());
}

bool Rounds::can_ask() const {
  // The rounds before that one had ended when the one after it was asked for.
  const size_t visible = rounds_.size() - hidden();
  return visible == 0 || rounds_[visible - 1].open == 0;
}

void Rounds::see() {
  const size_t visible = rounds_.size() - hidden();
  for (; seen_rounds_ < visible; ++seen_rounds_) {
    for (Asked& asked : rounds_[seen_rounds_].segments) {
      add_segment(seen_[asked.trial], *asked.end);
      seen_spent_ += asked.end->steps - asked.from;
      seen_asked_ += asked.until - asked.from;
      asked.end.reset();
    }
  }
}

uint64_t Rounds::spent_or_under_way() const {
  const double share = seen_asked_ == 0
                           ? kExpectedShare
                           : static_cast<double>(seen_spent_) / static_cast<double>(seen_asked_);
  uint64_t spent = seen_spent_;
  for (size_t round = seen_rounds_; round < rounds_.size(); ++round) {
    for (const Asked& asked : rounds_[round].segments) {
      spent +=
          static_cast<uint64_t>(std::lround(share * static_cast<double>(asked.until - asked.from)));
    }
  }
  return spent;
}

size_t Rounds::affordable(uint64_t spent) const {
  if (options_.cost.steps == 0) return size();
  if (spent >= options_.cost.steps) return 0;
  const double mean = segments_ == 0 ? kExpectedShare * static_cast<double>(options_.budget)
                                     : static_cast<double>(spent) / static_cast<double>(segments_);
  const double left = static_cast<double>(options_.cost.steps - spent);
  return std::min(size(), static_cast<size_t>(std::ceil(left / std::max(mean, 1.0))));
}

std::optional<Segment> Rounds::segment_of(Proposal proposal) {
  Segment segment;
  segment.trial = proposal.trial;
  segment.is_last = proposal.is_last;
  segment.is_new = proposal.kind != Proposal::Kind::go_on;
  if (segment.is_new) {
    if (proposal.kind == Proposal::Kind::copy) {
      segment.origin = study::Origin{proposal.trial, trials_[proposal.trial].steps};
    } else if (options_.cost.trials > 0 && started_ >= options_.cost.trials) {
      return std::nullopt;
    } else {
      ++started_;
    }
    segment.trial = trials_.size();
    SeenTrial trial;
    trial.config = std::move(proposal.config);
    trial.origin = segment.origin;
    if (segment.origin.has_value()) trial.steps = segment.origin->step;
    seen_.push_back(trial);
    trials_.push_back(std::move(trial));
  }
  SeenTrial& trial = trials_[segment.trial];
  segment.config = trial.config;
  segment.origin = trial.origin;
  segment.from = trial.steps;
  // Trials are looked at when they are checked.
  const uint64_t checks = (proposal.until + options_.check_every - 1) / options_.check_every;
  segment.until = std::min(checks * options_.check_every, options_.budget);
  trial.under_way = true;
  seen_[segment.trial].under_way = true;
  return segment;
}

Round Rounds::ask() {
  see();
  const uint64_t spent = spent_or_under_way();
  std::vector<Proposal> proposals;
  if (const size_t most = affordable(spent); most > 0) {
    proposals = search_.ask({.space = space_,
                             .trials = seen_,
                             .seed = options_.seed,
                             .budget = options_.budget,
                             .check_every = options_.check_every,
                             .cost = options_.cost.steps,
                             .spent = spent},
                            most);
  }
  Round round;
  AskedRound& asked = rounds_.emplace_back();
  for (Proposal& proposal : proposals) {
    if (proposal.kind == Proposal::Kind::stop) {
      trials_[proposal.trial].outcome = study::Outcome::pruned;
      seen_[proposal.trial].outcome = study::Outcome::pruned;
      round.stopped.push_back(proposal.trial);
      continue;
    }
    std::optional<Segment> segment = segment_of(std::move(proposal));
    if (!segment.has_value()) continue;
    asked.segments.push_back({segment->trial, segment->from, segment->until, std::nullopt});
    round.segments.push_back(std::move(*segment));
  }
  asked.open = asked.segments.size();
  open_ += asked.open;
  segments_ += asked.open;
  // Nothing is asked for, and the search saw all there is.
  const bool saw_all =
      hidden() == 0 || rounds_.size() == 1 || rounds_[rounds_.size() - 2].segments.empty();
  over_ = round.segments.empty() && open_ == 0 && saw_all;
  return round;
}

void Rounds::end(size_t trial, SegmentEnd end) {
  for (size_t round = rounds_.size(); round-- > 0;) {
    for (Asked& asked : rounds_[round].segments) {
      if (asked.trial != trial) continue;
      add_segment(trials_[trial], end);
      asked.end = std::move(end);
      --rounds_[round].open;
      --open_;
      return;
    }
  }
}

uint64_t Rounds::spent() const {
  uint64_t steps = 0;
  for (const SeenTrial& trial : trials_) steps += trial.own_steps();
  return steps;
}

}  // namespace sweetspot::search
