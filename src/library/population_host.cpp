#include "library/population_host.hpp"

#include <utility>

namespace sweetspot {

PopulationHost::PopulationHost(const PopulationOptions& options,
                               std::vector<train::CohortTrial> trials,
                               const std::function<bool(const TrainingCheck&)>& on_check)
    : options_(options),
      on_check_(on_check),
      trials_(std::move(trials)),
      trainings_(trials_.size()) {}

void PopulationHost::give_up(std::exception_ptr error) {
  const Lock lock(mutex_);
  if (error_ == nullptr) error_ = std::move(error);
  stop_.store(true);
}

std::vector<Training> PopulationHost::take() {
  const Lock lock(mutex_);
  if (error_ != nullptr) std::rethrow_exception(error_);
  return std::move(trainings_);
}

std::optional<train::CohortTrial> PopulationHost::next_trial(size_t) {
  const Lock lock(mutex_);
  if (next_ == trials_.size() || stop_.load()) return std::nullopt;
  return std::move(trials_[next_++]);
}

TrainingCheck PopulationHost::add(const train::CohortCheck& check) {
  Training& training = trainings_[static_cast<size_t>(check.number)];
  training.steps = check.step;
  training.compute_seconds = check.compute_seconds;
  training.checks.push_back({.training = static_cast<size_t>(check.number),
                             .step = check.step,
                             .train_accuracy = check.train_accuracy,
                             .running_accuracy = check.running_accuracy,
                             .loss = check.loss,
                             .validation_accuracy = check.validation_accuracy});
  return training.checks.back();
}

double PopulationHost::metric_of(const TrainingCheck& check) const {
  if (options_.metric == "running_accuracy") return check.running_accuracy;
  if (options_.metric == "validation_accuracy") return check.validation_accuracy.value_or(0);
  return check.train_accuracy;
}

std::optional<study::Outcome> PopulationHost::outcome_at(const TrainingCheck& check) {
  if (options_.target.has_value() && metric_of(check) >= *options_.target) {
    return study::Outcome::reached;
  }
  if (check.step >= options_.budget) return study::Outcome::exhausted;
  if (on_check_ && !on_check_(check)) return study::Outcome::pruned;
  return std::nullopt;
}

train::AfterCheck PopulationHost::check(const train::CohortCheck& cohort_check) {
  const Lock lock(mutex_);
  const TrainingCheck check = add(cohort_check);
  const std::optional<study::Outcome> outcome = outcome_at(check);
  if (!outcome.has_value()) return train::AfterCheck::go_on;
  trainings_[check.training].outcome = *outcome;
  return options_.keep_states ? train::AfterCheck::pause : train::AfterCheck::end;
}

void PopulationHost::diverged(const train::CohortCheck& last) {
  const Lock lock(mutex_);
  const TrainingCheck check = add(last);
  trainings_[check.training].outcome = study::Outcome::diverged;
}

void PopulationHost::snapshot(int number, const train::TrialSnapshot& snapshot) {
  auto state = std::make_shared<const std::vector<uint8_t>>(train::to_bytes(snapshot));
  const Lock lock(mutex_);
  trainings_[static_cast<size_t>(number)].state = std::move(state);
}

}  // namespace sweetspot
