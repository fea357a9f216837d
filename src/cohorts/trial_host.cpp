#include "cohorts/trial_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cohorts/lane_recipe.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cohorts {
namespace {

trials::EarlyStopping early_stopping(const study::Settings& settings, const RuleState& rule) {
  return {.is_on = rule.on,
          .of_audited_optimizers = !rule.asked_for,
          .of_running_accuracy = settings.target.metric == "running_accuracy",
          .warm_up = train::parse_schedule(settings.schedule, settings.budget).warm_up(),
          .resolution = 1.0 / (static_cast<double>(train::kRecentSteps) * settings.batch_size)};
}

}  // namespace

std::vector<std::string> study_metrics() {
  return {"train_accuracy", "running_accuracy", "loss", "validation_accuracy"};
}

TrialHost::TrialHost(const study::Settings& settings, const RuleState& rule,
                     std::vector<double> scales, const std::atomic<bool>& pause)
    : Ledger(settings, early_stopping(settings, rule)),
      schedule_(train::parse_schedule(settings.schedule, settings.budget)),
      scales_(std::move(scales)),
      pause_(pause),
      last_result_(std::chrono::steady_clock::now()) {}

double TrialHost::judged_in(const study::CurvePoint& point) const {
  const std::vector<std::string> metrics = study_metrics();
  const auto found = std::find(metrics.begin(), metrics.end(), study::judged_metric(settings_));
  const auto column = static_cast<size_t>(found - metrics.begin());
  return column < point.values.size() ? point.values[column].value_or(0) : 0;
}

size_t TrialHost::queue_of(const study::Trial& trial) const {
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

void TrialHost::settle(study::Trial& trial, const trials::StateBytes& state) const {
  const train::TrialSnapshot snapshot = train::snapshot_from_bytes(state);
  trial.steps = snapshot.state.step;
  trial.compute_seconds = snapshot.compute_seconds;
}

trials::StateBytes TrialHost::as_copy(const trials::StateBytes& state) const {
  train::TrialSnapshot snapshot = train::snapshot_from_bytes(state);
  snapshot.compute_seconds = 0;
  return train::to_bytes(snapshot);
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

void TrialHost::left(int number) {
  const bool pauses = held_back_.erase(number) > 0;
  if (under_way_.erase(number) > 0) leaving_[number] = {.with_snapshot = pauses};
  returned_.erase(number);
}

bool TrialHost::takes_later(trials::OpenTrial& open) {
  if (!leaving_.contains(open.trial.number)) return false;
  returned_[open.trial.number] = std::move(open);
  return true;
}

std::vector<int> TrialHost::taken_later() const {
  std::vector<int> numbers;
  for (const auto& [number, open] : returned_) numbers.push_back(number);
  return numbers;
}

bool TrialHost::leaves(int number, bool with_snapshot) {
  const auto found = leaving_.find(number);
  if (found == leaving_.end()) return !under_way_.contains(number);
  if (found->second.with_snapshot != with_snapshot) return true;
  leaving_.erase(found);
  const auto returned = returned_.find(number);
  if (returned == returned_.end()) return true;
  wait_again(std::move(returned->second), /*as_first=*/false);
  returned_.erase(returned);
  return true;
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

size_t TrialHost::open(size_t network) {
  const Lock lock(mutex_);
  size_t open = waiting_[network].size();
  for (const auto* trials : {&under_way_, &returned_}) {
    for (const auto& [number, trial] : *trials) open += queue_of(trial.trial) == network ? 1 : 0;
  }
  return open;
}

std::optional<train::CohortTrial> TrialHost::next_trial(size_t network) {
  const Lock lock(mutex_);
  if (!has_waiting(network)) return std::nullopt;
  trials::OpenTrial& open = begin_next(network);
  train::CohortTrial next;
  next.number = open.trial.number;
  next.recipe = recipe_of(settings_, schedule_, open.trial);
  if (open.state.has_value()) {
    next.snapshot = train::snapshot_from_bytes(*std::exchange(open.state, std::nullopt));
    // Of a copy that another worker takes, the state is still the other trial's.
    const std::optional<study::Origin>& origin = open.trial.origin;
    const bool is_copy = origin.has_value() && next.snapshot->state.step == origin->step;
    if (is_copy) next.snapshot->compute_seconds = 0;
  }
  return next;
}

train::AfterCheck TrialHost::check(const train::CohortCheck& check) {
  const Lock lock(mutex_);
  if (leaves(check.number, false)) return train::AfterCheck::end;
  observe(check);
  trials::OpenTrial& open = under_way_.at(check.number);
  const double metric = judged_in(batch_.observations.back().point);
  open.history.push_back({check.step, metric});
  if (!open.trial.config.contains(study::kProxy)) {
    trials::take_best(totals_.best_score, study::score_of(settings_, metric));
  }
  const trials::Verdict verdict = trials::judge(settings_, rule_, open);
  if (verdict == trials::Verdict::reached) {
    end_at(check, study::Outcome::reached, "");
  } else if (verdict == trials::Verdict::exhausted) {
    end_at(check, study::Outcome::exhausted, "");
  } else if (verdict == trials::Verdict::hopeless) {
    end_at(check, study::Outcome::hopeless, "");
  } else if (settings_.max_trial_seconds > 0 &&
             check.compute_seconds >= settings_.max_trial_seconds) {
    open.trial.reproducible = false;
    end_at(check, study::Outcome::exhausted, "max_trial_seconds; not reproducible");
  } else if (verdict == trials::Verdict::pause) {
    // Its last observation and its snapshot are kept together or not at all.
    held_back_.emplace(check.number, std::move(batch_.observations.back()));
    batch_.observations.pop_back();
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
  end_at(last, study::Outcome::diverged, "the loss is not finite");
}

void TrialHost::snapshot(int number, const train::TrialSnapshot& snapshot) {
  const uint64_t step = snapshot.state.step;
  std::vector<uint8_t> bytes = train::to_bytes(snapshot);
  const Lock lock(mutex_);
  if (leaves(number, true)) return;
  const auto held_back = held_back_.find(number);
  if (held_back == held_back_.end()) return keep_snapshot(number, step, std::move(bytes));
  batch_.observations.push_back(std::move(held_back->second));
  held_back_.erase(held_back);
  under_way_.at(number).trial.compute_seconds = snapshot.compute_seconds;
  if (on_short_) on_short_();
  pause(number, step, std::move(bytes));
  fed_.notify_all();
}

double TrialHost::snapshot_write_seconds() {
  const Lock lock(mutex_);
  return snapshot_write_seconds_;
}

void TrialHost::set_snapshot_write_seconds(double seconds) {
  const Lock lock(mutex_);
  snapshot_write_seconds_ = seconds;
}

std::chrono::steady_clock::time_point TrialHost::last_result() {
  const Lock lock(mutex_);
  return last_result_;
}

bool TrialHost::pause_requested() {
  return pause_.load(std::memory_order_relaxed);
}

void TrialHost::observe(const train::CohortCheck& check) {
  batch_.observations.push_back(
      {check.number,
       {.step = check.step, .values = {check.train_accuracy, check.running_accuracy, check.loss}}});
  if (check.validation_accuracy.has_value()) {
    batch_.observations.back().point.values.emplace_back(*check.validation_accuracy);
  }
  trials::OpenTrial& open = under_way_.at(check.number);
  totals_.trial_steps += check.step - open.last_step;
  open.last_step = check.step;
  last_result_ = std::chrono::steady_clock::now();
}

void TrialHost::end_at(const train::CohortCheck& check, study::Outcome outcome,
                       const std::string& note) {
  study::Trial& trial = under_way_.at(check.number).trial;
  trial.steps = check.step;
  trial.compute_seconds = check.compute_seconds;
  if (on_short_) on_short_();
  end(check.number, outcome, note);
  fed_.notify_all();
}

}  // namespace sweetspot::cohorts
