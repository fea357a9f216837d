#include "cohorts/trial_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "cohorts/lane_recipe.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cohorts {
std::vector<std::string> study_metrics() {
  return {"train_accuracy", "running_accuracy", "loss", "validation_accuracy"};
}

TrialHost::TrialHost(const study::Settings& settings, const RuleState& rule,
                     std::vector<double> scales, const std::atomic<bool>& pause)
    : settings_(settings),
      schedule_(train::parse_schedule(settings.schedule, settings.budget)),
      resolution_(1.0 / (static_cast<double>(train::kRecentSteps) * settings.batch_size)),
      rule_(rule),
      scales_(std::move(scales)),
      pause_(pause) {
  totals_.last_result = std::chrono::steady_clock::now();
}

double TrialHost::judged_in(const study::CurvePoint& point) const {
  const std::vector<std::string> metrics = study_metrics();
  const auto found = std::find(metrics.begin(), metrics.end(), study::judged_metric(settings_));
  const auto column = static_cast<size_t>(found - metrics.begin());
  return column < point.values.size() ? point.values[column].value_or(0) : 0;
}

std::optional<double> TrialHost::judged_metric(const study::Curve&,
                                               const study::CurvePoint& point) const {
  return judged_in(point);
}

TrialHost::OpenTrial TrialHost::open_trial(const study::Trial& trial,
                                           std::optional<train::TrialSnapshot> snapshot,
                                           const study::Curve& curve) const {
  OpenTrial open;
  open.trial = trial;
  open.snapshot = std::move(snapshot);
  open.until = settings_.budget;
  for (const study::CurvePoint& point : curve.points) {
    open.history.push_back({point.step, judged_in(point)});
    // In an audit the rule may have given the trial up before it was paused.
    give_up(open);
  }
  return open;
}

size_t TrialHost::network_of(const study::Trial& trial) const {
  if (trial.config.contains(study::kProxy)) return 1;
  if (!trial.config.contains("scale")) return 0;
  const auto found =
      std::find(scales_.begin(), scales_.end(), space::number_in(trial.config, "scale"));
  if (found == scales_.end()) {
    throw Error(ErrorKind::study, fmt::format("the study is damaged: trial {} has a scale that the "
                                              "study has not",
                                              trial.number));
  }
  return static_cast<size_t>(found - scales_.begin());
}

uint64_t TrialHost::OpenTrial::last_step() const {
  if (!history.empty()) return history.back().step;
  return trial.origin.has_value() ? trial.origin->step : 0;
}

void TrialHost::add_new(const run::FedSegment& segment,
                        const std::optional<train::TrialSnapshot>& copied) {
  batch_.added.push_back(segment.trial);
  ++totals_.fed;
  // The one that was copied may have gone on when a copy begins again after a kill.
  if (copied.has_value()) {
    batch_.snapshots.push_back(
        {segment.trial.number, copied->state.step, train::to_bytes(*copied)});
  }
}

void TrialHost::add_segment(const run::FedSegment& segment,
                            const std::optional<run::StateBytes>& state,
                            const study::Curve& curve) {
  std::optional<train::TrialSnapshot> snapshot;
  if (state.has_value()) snapshot = train::snapshot_from_bytes(*state);
  const std::optional<study::Origin>& origin = segment.trial.origin;
  if (snapshot.has_value() && origin.has_value() && snapshot->state.step == origin->step) {
    snapshot->compute_seconds = 0;
  }
  const Lock lock(mutex_);
  if (segment.is_new) add_new(segment, snapshot);
  OpenTrial open = open_trial(segment.trial, std::move(snapshot), curve);
  open.from = segment.trial.steps;
  if (segment.until > 0) open.until = segment.until;
  open.is_last = segment.is_last;
  if (leaving_.contains(open.trial.number)) {
    returned_[open.trial.number] = std::move(open);
  } else {
    waiting_[network_of(open.trial)].push_back(std::move(open));
  }
}

void TrialHost::add_paused(const study::Trial& trial, const run::StateBytes& state,
                           const study::Curve& curve) {
  OpenTrial open = open_trial(trial, train::snapshot_from_bytes(state), curve);
  const Lock lock(mutex_);
  paused_[trial.number] = std::move(open);
}

void TrialHost::stop(study::Trial trial) {
  trial.outcome = study::Outcome::pruned;
  trial.note = study::kDropped;
  std::erase_if(batch_.snapshots, [&](const auto& s) { return s.trial == trial.number; });
  batch_.ended.push_back(std::move(trial));
  ++totals_.ended;
}

void TrialHost::stop_paused(study::Trial trial, const run::StateBytes& state) {
  const train::TrialSnapshot snapshot = train::snapshot_from_bytes(state);
  trial.steps = snapshot.state.step;
  trial.compute_seconds = snapshot.compute_seconds;
  const Lock lock(mutex_);
  stop(std::move(trial));
}

void TrialHost::take_segment(const run::FedSegment& segment) {
  const auto paused = paused_.find(segment.trial.number);
  OpenTrial open;
  if (segment.stops) {
    stop(std::move(paused->second.trial));
    paused_.erase(paused);
    return;
  }
  if (paused != paused_.end()) {
    open = std::move(paused->second);
    paused_.erase(paused);
  } else {
    open.trial = segment.trial;
    if (segment.trial.origin.has_value()) {
      open.snapshot = paused_.at(static_cast<int>(segment.trial.origin->trial)).snapshot;
      open.snapshot->compute_seconds = 0;
    }
    add_new(segment, open.snapshot);
  }
  open.from = open.trial.steps;
  open.until = segment.until;
  open.is_last = segment.is_last;
  waiting_[network_of(open.trial)].push_back(std::move(open));
}

void TrialHost::end_segment(const OpenTrial& open, uint64_t steps) {
  if (feed_ == nullptr) return;
  search::SegmentEnd end;
  end.steps = steps;
  end.outcome = open.trial.outcome;
  std::copy_if(open.history.begin(), open.history.end(), std::back_inserter(end.curve),
               [&](const search::CurveCheck& check) { return check.step > open.from; });
  for (const run::FedSegment& segment : feed_->after(open.trial, end)) take_segment(segment);
  fed_.notify_all();
}

void TrialHost::wait_for_more(std::function<void()> on_short) {
  const Lock lock(mutex_);
  waits_for_more_ = true;
  on_short_ = std::move(on_short);
}

void TrialHost::stop_waiting() {
  const Lock lock(mutex_);
  waits_for_more_ = false;
  fed_.notify_all();
}

void TrialHost::abandon(const std::vector<int>& numbers) {
  const Lock lock(mutex_);
  for (const int number : numbers) {
    const bool pauses = held_back_.erase(number) > 0;
    if (under_way_.erase(number) > 0) leaving_[number] = {.with_snapshot = pauses};
    returned_.erase(number);
    for (auto& [network, waiting] : waiting_) {
      std::erase_if(waiting, [&](const OpenTrial& open) { return open.trial.number == number; });
    }
    // Whoever claims the trial next may be this worker: that must not come to the store as its own.
    std::erase_if(batch_.observations, [&](const auto& o) { return o.trial == number; });
    std::erase_if(batch_.snapshots, [&](const auto& s) { return s.trial == number; });
    std::erase_if(batch_.paused, [&](const auto& p) { return p.trial == number; });
    std::erase_if(batch_.ended, [&](const auto& t) { return t.number == number; });
  }
}

bool TrialHost::leaves(int number, bool with_snapshot) {
  const auto found = leaving_.find(number);
  if (found == leaving_.end()) return !under_way_.contains(number);
  if (found->second.with_snapshot != with_snapshot) return true;
  leaving_.erase(found);
  const auto returned = returned_.find(number);
  if (returned == returned_.end()) return true;
  waiting_[network_of(returned->second.trial)].push_back(std::move(returned->second));
  returned_.erase(returned);
  fed_.notify_all();
  return true;
}

std::vector<int> TrialHost::open_numbers() {
  const Lock lock(mutex_);
  std::vector<int> numbers;
  for (const auto& [number, open] : under_way_) numbers.push_back(number);
  for (const auto& [network, waiting] : waiting_) {
    for (const OpenTrial& open : waiting) numbers.push_back(open.trial.number);
  }
  for (const auto& [number, open] : returned_) numbers.push_back(number);
  return numbers;
}

bool TrialHost::is_any_waiting() const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [](const auto& network) { return !network.second.empty(); });
}

bool TrialHost::wait_for_trials() {
  constexpr std::chrono::milliseconds kLookForPause{100};
  const Lock lock(mutex_);
  if (feed_ == nullptr && !waits_for_more_) return false;
  while (!is_any_waiting() && (waits_for_more_ || !under_way_.empty()) && !pause_.load()) {
    fed_.wait_until(mutex_, std::chrono::steady_clock::now() + kLookForPause);
  }
  return is_any_waiting() && !pause_.load();
}

size_t TrialHost::waiting(size_t network) {
  const Lock lock(mutex_);
  return waiting_[network].size();
}

size_t TrialHost::open(size_t network) {
  const Lock lock(mutex_);
  size_t open = waiting_[network].size();
  for (const auto* trials : {&under_way_, &returned_}) {
    for (const auto& [number, trial] : *trials) open += network_of(trial.trial) == network ? 1 : 0;
  }
  return open;
}

std::optional<train::CohortTrial> TrialHost::next_trial(size_t network) {
  const Lock lock(mutex_);
  std::deque<OpenTrial>& waiting = waiting_[network];
  if (waiting.empty()) return std::nullopt;
  OpenTrial open = std::move(waiting.front());
  waiting.pop_front();
  train::CohortTrial next;
  next.number = open.trial.number;
  next.recipe = recipe_of(settings_, schedule_, open.trial);
  next.snapshot = std::exchange(open.snapshot, std::nullopt);
  under_way_[next.number] = std::move(open);
  return next;
}

bool TrialHost::give_up(OpenTrial& open) const {
  if (!rule_.on || open.trial.given_up_at.has_value()) return false;
  if (!rule_.asked_for &&
      !search::rule_is_audited_with(space::choice_in(open.trial.config, "optimizer"))) {
    return false;
  }
  const std::string reason =
      search::hopeless_reason({.target = settings_.target.value,
                               .running = settings_.target.metric == "running_accuracy",
                               .budget = settings_.budget,
                               .warm_up = schedule_.warm_up(),
                               .resolution = resolution_,
                               .curve = open.history});
  if (reason.empty()) return false;
  open.trial.given_up_at = open.history.back().step;
  open.trial.note = (settings_.audit ? "would have been given up: " : "") + reason;
  return !settings_.audit;
}

train::AfterCheck TrialHost::check(const train::CohortCheck& check) {
  const Lock lock(mutex_);
  if (leaves(check.number, false)) return train::AfterCheck::end;
  observe(check);
  OpenTrial& open = under_way_.at(check.number);
  const double metric = judged_in(batch_.observations.back().point);
  open.history.push_back({check.step, metric});
  if (!open.trial.config.contains(study::kProxy)) {
    run::take_best(totals_.best_score, study::score_of(settings_, metric));
  }
  const bool has_target = settings_.target.metric == study::judged_metric(settings_) &&
                          !settings_.target.metric.empty();
  if (has_target && metric >= settings_.target.value) {
    end(check, study::Outcome::reached, "");
  } else if (check.step >= settings_.budget || (open.is_last && check.step >= open.until)) {
    end(check, study::Outcome::exhausted, "");
  } else if (give_up(open)) {
    end(check, study::Outcome::hopeless, "");
  } else if (settings_.max_trial_seconds > 0 &&
             check.compute_seconds >= settings_.max_trial_seconds) {
    open.trial.reproducible = false;
    end(check, study::Outcome::exhausted, "max_trial_seconds; not reproducible");
  } else if (check.step >= open.until) {
    // Its last observation and its snapshot are kept together or not at all.
    held_back_.emplace(check.number, std::move(batch_.observations.back()));
    batch_.observations.pop_back();
    open.trial.steps = check.step;
    open.trial.compute_seconds = check.compute_seconds;
    return train::AfterCheck::pause;
  } else {
    return train::AfterCheck::go_on;
  }
  return train::AfterCheck::end;
}

void TrialHost::diverged(const train::CohortCheck& last) {
  const Lock lock(mutex_);
  if (leaves(last.number, false)) return;
  observe(last);
  end(last, study::Outcome::diverged, "the loss is not finite");
}

void TrialHost::snapshot(int number, const train::TrialSnapshot& snapshot) {
  const uint64_t step = snapshot.state.step;
  std::vector<uint8_t> bytes = train::to_bytes(snapshot);
  const Lock lock(mutex_);
  if (leaves(number, true)) return;
  std::erase_if(batch_.snapshots, [&](const auto& s) { return s.trial == number; });
  batch_.snapshots.push_back({number, step, std::move(bytes)});
  const auto held_back = held_back_.find(number);
  if (held_back == held_back_.end()) return;
  batch_.observations.push_back(std::move(held_back->second));
  held_back_.erase(held_back);
  const auto found = under_way_.find(number);
  OpenTrial open = std::move(found->second);
  under_way_.erase(found);
  batch_.paused.push_back({number, step, snapshot.compute_seconds});
  if (on_short_) on_short_();
  if (feed_ == nullptr) return;
  open.snapshot = snapshot;
  const OpenTrial paused = open;
  paused_.insert_or_assign(number, std::move(open));
  end_segment(paused, step);
}

double TrialHost::snapshot_write_seconds() {
  const Lock lock(mutex_);
  return snapshot_write_seconds_;
}

void TrialHost::set_snapshot_write_seconds(double seconds) {
  const Lock lock(mutex_);
  snapshot_write_seconds_ = seconds;
}

bool TrialHost::pause_requested() {
  return pause_.load(std::memory_order_relaxed);
}

store::Batch TrialHost::take_batch() {
  const Lock lock(mutex_);
  return std::exchange(batch_, {});
}

TrialHost::Totals TrialHost::totals() {
  const Lock lock(mutex_);
  totals_.open = under_way_.size() + returned_.size();
  for (const auto& [network, waiting] : waiting_) totals_.open += waiting.size();
  return totals_;
}

void TrialHost::observe(const train::CohortCheck& check) {
  batch_.observations.push_back(
      {check.number,
       {.step = check.step, .values = {check.train_accuracy, check.running_accuracy, check.loss}}});
  if (check.validation_accuracy.has_value()) {
    batch_.observations.back().point.values.emplace_back(*check.validation_accuracy);
  }
  const OpenTrial& open = under_way_.at(check.number);
  totals_.trial_steps += check.step - open.last_step();
  totals_.last_result = std::chrono::steady_clock::now();
}

void TrialHost::end(const train::CohortCheck& check, study::Outcome outcome,
                    const std::string& note) {
  const auto found = under_way_.find(check.number);
  OpenTrial open = std::move(found->second);
  under_way_.erase(found);
  study::Trial& trial = open.trial;
  trial.outcome = outcome;
  trial.steps = check.step;
  trial.compute_seconds = check.compute_seconds;
  if (!note.empty()) trial.note = note;
  std::erase_if(batch_.snapshots, [&](const auto& s) { return s.trial == trial.number; });
  batch_.ended.push_back(trial);
  ++totals_.ended;
  if (outcome == study::Outcome::reached) {
    ++totals_.reached;
    if (!trial.config.contains(study::kProxy)) {
      run::take_fewest(totals_.fewest_steps, check.step);
    }
  }
  if (on_short_) on_short_();
  end_segment(open, check.step);
}

}  // namespace sweetspot::cohorts
