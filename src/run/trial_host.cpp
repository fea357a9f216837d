#include "run/trial_host.hpp"

#include <algorithm>
#include <utility>

#include "train/optimizer.hpp"

namespace sweetspot::run {
namespace {

train::LaneRecipe recipe_of(const study::Settings& settings, const train::Schedule& schedule,
                            const study::Trial& trial) {
  const std::string& optimizer = space::choice_in(trial.config, "optimizer");
  train::LaneRecipe recipe;
  recipe.optimizer = train::optimizer_index(optimizer);
  recipe.learning_rate = space::number_in(trial.config, "learning_rate");
  recipe.semantics =
      settings.semantics == "pytorch" ? train::Semantics::pytorch : train::Semantics::tensorflow;
  const auto numbers = settings.numbers.find(optimizer);
  std::map<std::string, double> given;
  if (numbers != settings.numbers.end()) given = numbers->second;
  for (const auto& [name, value] : trial.config) {
    const bool is_number = name != "learning_rate" && name != "scale";
    if (is_number && std::holds_alternative<double>(value)) given[name] = std::get<double>(value);
  }
  recipe.numbers = train::optimizer_numbers(recipe.optimizer, recipe.semantics, given);
  recipe.seed = trial.seed;
  recipe.schedule = schedule;
  return recipe;
}

}  // namespace

std::vector<std::string> study_metrics() {
  return {"train_accuracy", "running_accuracy", "loss", "validation_accuracy"};
}

TrialHost::TrialHost(const study::Settings& settings, const RuleState& rule,
                     const std::atomic<bool>& pause)
    : settings_(settings),
      schedule_(train::parse_schedule(settings.schedule, settings.budget)),
      resolution_(1.0 / (static_cast<double>(train::kRecentSteps) * settings.batch_size)),
      rule_(rule),
      pause_(pause) {
  totals_.last_result = std::chrono::steady_clock::now();
}

double TrialHost::target_metric(const study::CurvePoint& point) const {
  const std::vector<std::string> metrics = study_metrics();
  const auto found = std::find(metrics.begin(), metrics.end(), settings_.target.metric);
  const auto column = static_cast<size_t>(found - metrics.begin());
  return column < point.values.size() ? point.values[column].value_or(0) : 0;
}

void TrialHost::add_waiting(size_t network, const study::Trial& trial,
                            std::optional<train::TrialSnapshot> snapshot,
                            const study::Curve& curve) {
  OpenTrial open = {trial, std::move(snapshot), {}};
  for (const study::CurvePoint& point : curve.points) {
    open.history.push_back({point.step, target_metric(point)});
    // In an audit the rule may have given the trial up before it was paused.
    give_up(open);
  }
  const std::lock_guard lock(mutex_);
  waiting_[network].push_back(std::move(open));
}

size_t TrialHost::waiting(size_t network) {
  const std::lock_guard lock(mutex_);
  return waiting_[network].size();
}

std::optional<train::CohortTrial> TrialHost::next_trial(size_t network) {
  const std::lock_guard lock(mutex_);
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

bool TrialHost::check(const train::CohortCheck& check) {
  const std::lock_guard lock(mutex_);
  observe(check);
  OpenTrial& open = under_way_.at(check.number);
  const double metric = target_metric(batch_.observations.back().point);
  open.history.push_back({check.step, metric});
  const bool has_target = !settings_.target.metric.empty();
  if (has_target && metric >= settings_.target.value)
    return end(check, study::Outcome::reached, "");
  if (check.step >= settings_.budget) return end(check, study::Outcome::exhausted, "");
  if (give_up(open)) return end(check, study::Outcome::hopeless, "");
  if (settings_.max_trial_seconds > 0 && check.compute_seconds >= settings_.max_trial_seconds) {
    open.trial.reproducible = false;
    return end(check, study::Outcome::exhausted, "max_trial_seconds; not reproducible");
  }
  return true;
}

void TrialHost::diverged(const train::CohortCheck& last) {
  const std::lock_guard lock(mutex_);
  observe(last);
  end(last, study::Outcome::diverged, "the loss is not finite");
}

void TrialHost::snapshot(int number, const train::TrialSnapshot& snapshot) {
  const uint64_t step = snapshot.state.step;
  std::vector<uint8_t> bytes = train::to_bytes(snapshot);
  const std::lock_guard lock(mutex_);
  batch_.snapshots.push_back({number, step, std::move(bytes)});
}

double TrialHost::snapshot_write_seconds() {
  const std::lock_guard lock(mutex_);
  return snapshot_write_seconds_;
}

void TrialHost::set_snapshot_write_seconds(double seconds) {
  const std::lock_guard lock(mutex_);
  snapshot_write_seconds_ = seconds;
}

bool TrialHost::pause_requested() {
  return pause_.load(std::memory_order_relaxed);
}

store::Batch TrialHost::take_batch() {
  const std::lock_guard lock(mutex_);
  return std::exchange(batch_, {});
}

TrialHost::Totals TrialHost::totals() {
  const std::lock_guard lock(mutex_);
  totals_.open = under_way_.size();
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
  totals_.trial_steps += check.step - (open.history.empty() ? 0 : open.history.back().step);
  totals_.last_result = std::chrono::steady_clock::now();
}

bool TrialHost::end(const train::CohortCheck& check, study::Outcome outcome,
                    const std::string& note) {
  const auto found = under_way_.find(check.number);
  study::Trial trial = std::move(found->second.trial);
  under_way_.erase(found);
  trial.outcome = outcome;
  trial.steps = check.step;
  trial.compute_seconds = check.compute_seconds;
  if (!note.empty()) trial.note = note;
  std::erase_if(batch_.snapshots, [&](const auto& s) { return s.trial == trial.number; });
  batch_.ended.push_back(std::move(trial));
  ++totals_.ended;
  totals_.reached += outcome == study::Outcome::reached ? 1 : 0;
  return false;
}

}  // namespace sweetspot::run
