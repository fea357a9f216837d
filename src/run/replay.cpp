#include "run/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "data/minibatch_order.hpp"
#include "run/recipe.hpp"
#include "run/study_setup.hpp"
#include "run/trial_host.hpp"
#include "sweetspot/error.hpp"
#include "train/cohort.hpp"
#include "train/schedule.hpp"

namespace sweetspot::run {
namespace {

// One lineage, one stretch after the other, in one lane.
class ReplayHost final : public train::CohortHost {
 public:
  ReplayHost(store::StudyStore& store, const std::vector<study::Trial>& trials, Replay& replay,
             const std::function<void(uint64_t)>& on_step)
      : store_(store),
        settings_(store.record()->settings),
        schedule_(train::parse_schedule(settings_.schedule, settings_.budget)),
        trials_(trials),
        replay_(replay),
        on_step_(on_step) {}

  std::optional<train::CohortTrial> next_trial(size_t) override {
    const bool is_over = stretch_ == replay_.schedule.size() || replay_.diverged;
    if (is_over || under_way_) return std::nullopt;
    under_way_ = true;
    const ReplayStretch& stretch = replay_.schedule[stretch_];
    kept_ = store_.curve(stretch.trial);
    train::CohortTrial next;
    next.number = stretch.trial;
    next.recipe = recipe_of(settings_, schedule_, trials_[static_cast<size_t>(stretch.trial)]);
    next.snapshot = std::exchange(snapshot_, std::nullopt);
    return next;
  }

  train::AfterCheck check(const train::CohortCheck& check) override {
    compare(check);
    on_step_(check.step);
    const bool is_over = check.step >= replay_.schedule[stretch_].until;
    return is_over ? train::AfterCheck::pause : train::AfterCheck::go_on;
  }

  void diverged(const train::CohortCheck&) override { replay_.diverged = true; }

  void snapshot(int, const train::TrialSnapshot& snapshot) override {
    ++stretch_;
    under_way_ = false;
    snapshot_ = snapshot;
    replay_.end = snapshot;
  }

  double snapshot_write_seconds() override { return 0; }
  bool pause_requested() override { return false; }

 private:
  void compare(const train::CohortCheck& check) {
    const auto point =
        std::find_if(kept_.points.begin(), kept_.points.end(),
                     [&](const study::CurvePoint& p) { return p.step == check.step; });
    if (point == kept_.points.end()) return;
    std::vector<std::optional<double>> values = {check.train_accuracy, check.running_accuracy,
                                                 check.loss};
    if (check.validation_accuracy.has_value()) values.push_back(check.validation_accuracy);
    for (size_t i = 0; i < values.size(); ++i) {
      ++replay_.compared;
      if (values[i] == point->values[i] || replay_.different.has_value()) continue;
      replay_.different = fmt::format(
          "{} of trial {} at step {}: {} in the study, {} now", kept_.metrics[i], check.number,
          check.step, point->values[i].has_value() ? shortest(*point->values[i]) : "none",
          shortest(*values[i]));
    }
  }

  store::StudyStore& store_;
  study::Settings settings_;
  train::Schedule schedule_;
  const std::vector<study::Trial>& trials_;
  Replay& replay_;
  const std::function<void(uint64_t)>& on_step_;
  study::Curve kept_;
  std::optional<train::TrialSnapshot> snapshot_;
  size_t stretch_ = 0;
  bool under_way_ = false;  // in one of the cohort's lanes
};

}  // namespace

std::vector<ReplayStretch> schedule_of(store::StudyStore& store, int trial) {
  const std::vector<study::Trial> trials = store.trials();
  if (trial < 0 || static_cast<size_t>(trial) >= trials.size()) {
    throw Error(ErrorKind::usage, fmt::format("trial {}: the study has {} trials, numbered from 0",
                                              trial, trials.size()));
  }
  const study::Trial* last = &trials[static_cast<size_t>(trial)];
  uint64_t until = last->steps;
  if (!last->outcome.has_value()) {
    const auto snapshot = store.snapshot(trial);
    until = snapshot.has_value() ? train::snapshot_from_bytes(*snapshot).state.step : 0;
  }
  std::vector<ReplayStretch> schedule;
  while (true) {
    const uint64_t from = last->origin.has_value() ? last->origin->step : 0;
    schedule.push_back({last->number, last->config, from, until});
    if (!last->origin.has_value()) break;
    until = from;
    last = &trials[last->origin->trial];
  }
  std::reverse(schedule.begin(), schedule.end());
  return schedule;
}

Replay replay(store::StudyStore& store, const data::ImageSet& set, int trial,
              const std::function<void(uint64_t)>& on_step) {
  const store::StudyRecord record = *store.record();
  if (record.data_checksum != set.checksum) {
    throw Error(ErrorKind::study,
                fmt::format("the study was made with other data: checksum {} in the study, {} now",
                            record.data_checksum, set.checksum));
  }
  Replay result;
  result.schedule = schedule_of(store, trial);
  if (result.schedule.back().until <= result.schedule.back().from) {
    throw Error(ErrorKind::study, fmt::format("trial {} has not been trained yet", trial));
  }
  const std::vector<study::Trial> trials = store.trials();
  const space::Config& config = trials[static_cast<size_t>(trial)].config;
  const double scale = config.contains("scale") ? space::number_in(config, "scale") : 1;
  const train::Network network = config.contains(study::kProxy)
                                     ? proxy_of(record.settings, set)
                                     : network_of(record.settings, set, scale);
  const data::Split parts = data::split(set);
  const train::Images training(network, parts.training.pixels, parts.training.labels);
  const std::optional<train::Images> validation = validation_images(record.settings, set, network);
  data::MinibatchOrder order(training.count(), static_cast<uint32_t>(record.settings.batch_size));
  ReplayHost host(store, trials, result, on_step);
  train::CohortOptions options = cohort_options(record.settings);
  options.validation = validation.has_value() ? &*validation : nullptr;
  options.budget = result.schedule.back().until;
  train::Cohort cohort(network, training, order, options, host);
  cohort.run();
  if (const auto kept = store.snapshot(trial); kept.has_value()) {
    train::TrialSnapshot other = train::snapshot_from_bytes(*kept);
    other.compute_seconds = result.end.compute_seconds;
    if (other.state.step == result.end.state.step) result.same_snapshot = other == result.end;
  }
  return result;
}

}  // namespace sweetspot::run
