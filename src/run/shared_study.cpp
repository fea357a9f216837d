#include "run/shared_study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "study/trial_check.hpp"

namespace sweetspot::run {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;

// Where nothing is at hand: between looks at what other workers have done.
constexpr double kLookSeconds = 0.5;
// Looking at the whole of a large study takes time: at most this share of a worker's, and this
// share of one of the store's processors for all workers together.
constexpr double kStandingShare = 0.02;
constexpr double kAllStandingShare = 0.2;
constexpr double kFirstWaitSeconds = 0.25;
constexpr double kLongestWaitSeconds = 15;

template <class Clock>
typename Clock::duration seconds(double count) {
  return duration_cast<typename Clock::duration>(duration<double>(count));
}

template <class Item>
void append(std::vector<Item>& to, std::vector<Item>& from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

}  // namespace

SharedStudy::SharedStudy(store::StudyStore& store, const study::Settings& settings,
                         trials::Ledger& ledger, const SharedOptions& options, double proxy_ratio)
    : store_(store), settings_(settings), ledger_(ledger), options_(options) {
  if (settings.kind == study::Kind::tune) director_.emplace(settings, proxy_ratio);
  store_.join(options.worker);
}

void SharedStudy::take_in(store::Batch batch) {
  const auto replaces = [&](int trial) {
    std::erase_if(unwritten_.snapshots, [&](const auto& s) { return s.trial == trial; });
  };
  for (const auto& snapshot : batch.snapshots) replaces(snapshot.trial);
  for (const study::Trial& trial : batch.ended) replaces(trial.number);
  append(unwritten_.observations, batch.observations);
  append(unwritten_.snapshots, batch.snapshots);
  append(unwritten_.paused, batch.paused);
  append(unwritten_.ended, batch.ended);
  unwritten_.cost = batch.cost;
}

void SharedStudy::abandon(const std::vector<int>& numbers) {
  ledger_.abandon(numbers);
  failures_.drop(numbers);
}

std::vector<int> SharedStudy::open_numbers() {
  std::vector<int> numbers = ledger_.open_numbers();
  for (const int held : failures_.trials()) numbers.push_back(held);
  return numbers;
}

void SharedStudy::write() {
  if (unwritten_.empty()) return;
  const std::vector<int> lost = store_.write(unwritten_);
  for (const study::Trial& trial : unwritten_.ended) claimed_.erase(trial.number);
  unwritten_ = {};
  abandon(lost);
}

void SharedStudy::beat() {
  const Clock::time_point now = Clock::now();
  if (now < next_beat_) return;
  const std::vector<int> open = open_numbers();
  const std::optional<std::vector<int>> held = store_.beat();
  if (!held.has_value()) {
    // Too late: others may have the trials by now.
    abandon(open);
    store_.join(options_.worker);
  } else {
    std::vector<int> lost;
    for (const int number : open) {
      if (std::find(held->begin(), held->end(), number) == held->end()) lost.push_back(number);
    }
    abandon(lost);
    give_back_strays(open, *held);
  }
  next_beat_ = now + seconds<Clock>(options_.beat_seconds);
  if (now < next_standing_) {
    standing_.is_cancelled = store_.is_cancelled();
    return;
  }
  const Clock::time_point before = Clock::now();
  standing_ = store_.standing();
  const double took = duration<double>(Clock::now() - before).count();
  next_standing_ = now + seconds<Clock>(std::max({options_.beat_seconds, took / kStandingShare,
                                                  took * standing_.workers / kAllStandingShare}));
}

// Trials that the store counts as this worker's though it has them not: a claim whose answer was
// lost. One that ended just now is not told yet, but by the next beat.
void SharedStudy::give_back_strays(const std::vector<int>& open, const std::vector<int>& held) {
  std::vector<int> strays;
  for (const int number : held) {
    if (std::find(open.begin(), open.end(), number) == open.end()) strays.push_back(number);
  }
  std::vector<int> again;
  std::set_intersection(strays.begin(), strays.end(), strays_.begin(), strays_.end(),
                        std::back_inserter(again));
  if (!again.empty()) store_.give_back(again);
  strays_ = std::move(strays);
}

void SharedStudy::note_asked(std::vector<FedSegment> segments) {
  for (FedSegment& segment : segments) {
    if (segment.stops) {
      segment.trial.note = study::kDropped;
    } else {
      segment.trial.priority = segment.trial.number;
      asked_[segment.trial.number] = segment;
    }
    unpublished_.push_back(std::move(segment));
  }
}

void SharedStudy::ask_search() {
  if (!director_.has_value() || standing_.is_cancelled) return;
  if (!has_asked_) {
    note_asked(director_->ask());
    has_asked_ = true;
    // What a process that had the study for itself has trained is not to be published as open.
    while (take_ends(&store::StudyStore::trials_among)) {
    }
  }
  do {
    store_.publish(unpublished_);
    unpublished_.clear();
  } while (take_ends(&store::StudyStore::stopped_among));
}

bool SharedStudy::take_ends(Look look) {
  std::vector<int> numbers;
  for (const auto& [number, segment] : asked_) numbers.push_back(number);
  bool has_any = false;
  for (const study::Trial& kept : (store_.*look)(numbers)) {
    const FedSegment segment = asked_.at(kept.number);
    const auto end = director_->end_of(segment, kept, store_, ledger_);
    if (!end.has_value()) continue;
    study::Trial trial = kept;
    trial.outcome = end->outcome;
    asked_.erase(kept.number);
    std::erase_if(unpublished_,
                  [&](const FedSegment& s) { return !s.stops && s.trial.number == kept.number; });
    note_asked(director_->after(trial, *end));
    has_any = true;
  }
  return has_any;
}

void SharedStudy::claim(const std::vector<Shortage>& shortages) {
  bool has_claimed = false;
  for (const Shortage& shortage : shortages) {
    for (const store::Claim& claim : store_.claim(shortage.trials, shortage.scale)) {
      study::require_trials_of(settings_, {claim.segment.trial});
      claimed_[claim.segment.trial.number] = claim.segment.trial;
      ledger_.add(claim.segment, claim.snapshot, claim.curve);
      has_claimed = true;
    }
  }
  if (has_claimed || !open_numbers().empty() || Clock::now() < next_look_) return;
  next_look_ = Clock::now() + seconds<Clock>(kLookSeconds);
  standing_.is_cancelled = store_.is_cancelled();
  is_over_ = standing_.is_cancelled || (asked_.empty() && !store_.has_open_trials());
}

void SharedStudy::be_patient(const store::StoreUnreachable& error) {
  const Clock::time_point now = Clock::now();
  if (!out_of_reach_since_.has_value()) out_of_reach_since_ = now;
  if (now - *out_of_reach_since_ > seconds<Clock>(options_.patience_seconds)) throw;
  trouble_ = error.what();
  // Many workers whose server comes back are not to come back all at once.
  const double jitter = std::uniform_real_distribution<double>(0, 1)(jitter_);
  wait_seconds_ = std::clamp(2 * wait_seconds_, kFirstWaitSeconds, kLongestWaitSeconds);
  next_try_ = now + seconds<Clock>(wait_seconds_ * (0.5 + jitter));
}

void SharedStudy::tick(store::Batch batch, const std::function<std::vector<Shortage>()>& shortages,
                       bool is_idle) {
  failures_.judge(batch, store_, options_.worker.name, is_idle);
  take_in(std::move(batch));
  if (Clock::now() < next_try_) return;
  try {
    write();
    beat();
    ask_search();
    claim(shortages());
    out_of_reach_since_.reset();
    wait_seconds_ = 0;
    trouble_.clear();
  } catch (const store::StoreUnreachable& error) {
    be_patient(error);
  }
}

void SharedStudy::hold_lease() {
  if (Clock::now() < next_beat_) return;
  try {
    beat();
  } catch (const store::StoreUnreachable&) {
    next_beat_ = Clock::now() + seconds<Clock>(options_.beat_seconds);
  }
}

RunProgress SharedStudy::of_all_workers(RunProgress own) {
  own.trials = standing_.trials;
  own.ended = standing_.ended;
  own.reached = standing_.reached;
  own.trial_steps = std::max(standing_.trial_steps, own.trial_steps);
  own.trouble = trouble_;
  if (!ended_at_first_.has_value()) ended_at_first_ = standing_.ended;
  const int ended = standing_.ended - *ended_at_first_;
  constexpr int kEnoughEnded = 8;
  own.seconds_left =
      ended < kEnoughEnded ? -1 : own.seconds * (standing_.trials - standing_.ended) / ended;
  return own;
}

void SharedStudy::write_last(store::Batch batch) {
  take_in(std::move(batch));
  write();
}

void SharedStudy::leave(store::Batch batch) {
  write_last(std::move(batch));
  standing_ = store_.standing();  // what is said last is how it ended
  store_.leave();
}

}  // namespace sweetspot::run
