#include "trials/ledger.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sweetspot::trials {
namespace {

void forget(store::Batch& batch, int number) {
  std::erase_if(batch.observations, [&](const auto& o) { return o.trial == number; });
  std::erase_if(batch.snapshots, [&](const auto& s) { return s.trial == number; });
  std::erase_if(batch.paused, [&](const auto& p) { return p.trial == number; });
  std::erase_if(batch.ended, [&](const auto& t) { return t.number == number; });
}

}  // namespace

OpenTrial Ledger::open(const study::Trial& trial, const std::optional<StateBytes>& state,
                       const study::Curve& curve) {
  OpenTrial open;
  open.trial = trial;
  open.until = settings_.budget;
  open.state = state;
  if (trial.origin.has_value()) open.last_step = trial.origin->step;
  open.has_observed = trial.origin.has_value() || !curve.points.empty();
  for (const study::CurvePoint& point : curve.points) {
    open.interval = std::max(open.interval, point.step - std::min(point.step, open.last_step));
    open.last_step = point.step;
    const std::optional<double> score = judged_score(settings_, curve, point);
    if (!score.has_value()) continue;
    open.history.push_back({point.step, *score});
    if (settings_.audit) gives_up(settings_, rule_, open);
  }
  opened(open, curve);
  if (state.has_value()) hold_state(*state);
  return open;
}

void Ledger::place(OpenTrial open, const FedSegment& segment) {
  open.from = open.trial.steps;
  if (segment.until > 0) open.until = segment.until;
  open.is_last = segment.is_last;
  if (!takes_later(open)) wait_again(std::move(open), /*as_first=*/false);
}

void Ledger::wait_again(OpenTrial open, bool as_first) {
  std::deque<OpenTrial>& queue = waiting_[queue_of(open.trial)];
  if (as_first) {
    queue.push_front(std::move(open));
  } else {
    queue.push_back(std::move(open));
  }
  came();
}

void Ledger::add_new(const FedSegment& segment, const OpenTrial& open) {
  batch_.added.push_back(segment.trial);
  ++totals_.added;
  // As of a copy that is killed before it has a state of its own.
  if (open.state.has_value()) {
    batch_.snapshots.push_back({segment.trial.number, segment.trial.origin->step, *open.state});
  }
}

void Ledger::add(const FedSegment& segment, const std::optional<StateBytes>& state,
                 const study::Curve& curve) {
  const Lock lock(mutex_);
  const bool is_copy = segment.is_new && state.has_value();
  OpenTrial added = open(segment.trial, is_copy ? as_copy(*state) : state, curve);
  if (segment.is_new) add_new(segment, added);
  place(std::move(added), segment);
}

void Ledger::add_paused(const study::Trial& trial, const StateBytes& state,
                        const study::Curve& curve) {
  const Lock lock(mutex_);
  paused_.insert_or_assign(trial.number, open(trial, state, curve));
}

void Ledger::stop(study::Trial trial) {
  trial.outcome = study::Outcome::pruned;
  trial.note = study::kDropped;
  std::erase_if(batch_.snapshots, [&](const auto& s) { return s.trial == trial.number; });
  batch_.ended.push_back(std::move(trial));
  ++totals_.ended;
}

void Ledger::stop_paused(study::Trial trial, const StateBytes& state) {
  const Lock lock(mutex_);
  settle(trial, state);
  stop(std::move(trial));
}

void Ledger::set_feed(TrialFeed& feed) {
  const Lock lock(mutex_);
  feed_ = &feed;
}

void Ledger::take(const FedSegment& segment) {
  const auto paused = paused_.find(segment.trial.number);
  if (segment.stops) {
    study::Trial trial = std::move(paused->second.trial);
    trial.steps = paused->second.last_step;
    settle(trial, *paused->second.state);
    stop(std::move(trial));
    drop_state(*paused->second.state);
    paused_.erase(paused);
    return;
  }
  if (paused != paused_.end()) {
    OpenTrial next = std::move(paused->second);
    paused_.erase(paused);
    return place(std::move(next), segment);
  }
  std::optional<StateBytes> copied;
  if (segment.trial.origin.has_value()) {
    copied = as_copy(*paused_.at(static_cast<int>(segment.trial.origin->trial)).state);
  }
  OpenTrial added = open(segment.trial, copied, {});
  add_new(segment, added);
  place(std::move(added), segment);
}

void Ledger::end_stretch(const OpenTrial& open, uint64_t steps) {
  if (feed_ == nullptr) return;
  search::SegmentEnd end;
  end.steps = steps;
  end.outcome = open.trial.outcome;
  end.ended_itself = open.trial.ended_itself();
  std::copy_if(open.history.begin(), open.history.end(), std::back_inserter(end.curve),
               [&](const search::CurveCheck& c) { return c.step > open.from && c.step <= steps; });
  for (const FedSegment& segment : feed_->after(open.trial, end)) take(segment);
}

OpenTrial& Ledger::begin_next(size_t queue) {
  std::deque<OpenTrial>& waiting = waiting_[queue];
  OpenTrial open = std::move(waiting.front());
  waiting.pop_front();
  return under_way_.insert_or_assign(open.trial.number, std::move(open)).first->second;
}

OpenTrial Ledger::take_under_way(int number) {
  return std::move(under_way_.extract(number).mapped());
}

void Ledger::end(int number, study::Outcome outcome, const std::string& note) {
  OpenTrial open = take_under_way(number);
  study::Trial& trial = open.trial;
  trial.outcome = outcome;
  if (!note.empty()) trial.note = note;
  if (!open.trouble.empty()) trial.note += (trial.note.empty() ? "" : "\n") + open.trouble;
  std::erase_if(batch_.snapshots, [&](const auto& s) { return s.trial == number; });
  batch_.ended.push_back(trial);
  ++totals_.ended;
  if (outcome == study::Outcome::reached) {
    ++totals_.reached;
    if (!trial.config.contains(study::kProxy)) take_fewest(totals_.fewest_steps, trial.steps);
  }
  end_stretch(open, trial.steps);
}

void Ledger::keep_snapshot(int number, uint64_t step, StateBytes state) {
  std::erase_if(batch_.snapshots, [&](const auto& s) { return s.trial == number; });
  batch_.snapshots.push_back({number, step, std::move(state)});
}

void Ledger::pause(int number, uint64_t step, StateBytes state) {
  OpenTrial open = take_under_way(number);
  open.trial.steps = open.until;
  batch_.paused.push_back({number, open.until, open.trial.compute_seconds});
  if (feed_ == nullptr) return keep_snapshot(number, step, std::move(state));
  OpenTrial seen;  // without the state, for what the search asks for next may take that
  seen.trial = open.trial;
  seen.from = open.from;
  seen.history = open.history;
  open.state = state;
  keep_snapshot(number, step, std::move(state));
  const uint64_t until = open.until;
  paused_.insert_or_assign(number, std::move(open));
  end_stretch(seen, until);
}

void Ledger::abandon(const std::vector<int>& numbers) {
  const Lock lock(mutex_);
  for (const int number : numbers) {
    left(number);
    for (auto& [queue, waiting] : waiting_) {
      std::erase_if(waiting, [&](const OpenTrial& open) { return open.trial.number == number; });
    }
    // Whoever claims the trial next may be this worker: that must not come to the store as its own.
    forget(batch_, number);
  }
}

std::vector<int> Ledger::open_numbers() {
  const Lock lock(mutex_);
  std::vector<int> numbers = taken_later();
  for (const auto& [number, open] : under_way_) numbers.push_back(number);
  for (const auto& [queue, waiting] : waiting_) {
    for (const OpenTrial& open : waiting) numbers.push_back(open.trial.number);
  }
  return numbers;
}

size_t Ledger::waiting(size_t queue) {
  const Lock lock(mutex_);
  return waiting_[queue].size();
}

store::Batch Ledger::take_batch() {
  const Lock lock(mutex_);
  return std::exchange(batch_, {});
}

Totals Ledger::totals() {
  const Lock lock(mutex_);
  Totals totals = totals_;
  totals.open = under_way_.size() + taken_later().size();
  for (const auto& [queue, waiting] : waiting_) totals.open += waiting.size();
  return totals;
}

}  // namespace sweetspot::trials
