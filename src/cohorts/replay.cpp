#include "cohorts/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "cohorts/lane_recipe.hpp"
#include "cohorts/study_setup.hpp"
#include "cohorts/trial_host.hpp"
#include "data/minibatch_order.hpp"
#include "store/stored_study.hpp"
#include "sweetspot/error.hpp"
#include "train/cohort.hpp"
#include "train/schedule.hpp"

namespace sweetspot::cohorts {
namespace {

// One lineage, one stretch after the other, in one lane.
class ReplayHost final : public train::CohortHost {
 public:
  ReplayHost(store::StudyStore& store, const store::StoredStudy& study, Replay& replay,
             const std::function<void(uint64_t)>& on_step)
      : store_(store),
        settings_(study.record.settings),
        schedule_(train::parse_schedule(settings_.schedule, settings_.budget)),
        trials_(study.trials),
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
    next.recipe = recipe_of(settings_, schedule_, store::trial_of_number(trials_, stretch.trial));
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
    const std::vector<std::string> names = study_metrics();
    std::vector<std::optional<double>> values = {check.train_accuracy, check.running_accuracy,
                                                 check.loss};
    if (check.validation_accuracy.has_value()) values.push_back(check.validation_accuracy);
    for (size_t i = 0; i < values.size(); ++i) {
      const std::optional<double>& kept = point->values[column_of(names[i])];
      ++replay_.compared;
      if (values[i] == kept || replay_.different.has_value()) continue;
      replay_.different = fmt::format(
          "{} of trial {} at step {}: {} in the study, {} now", names[i], check.number, check.step,
          kept.has_value() ? shortest(*kept) : "none", shortest(*values[i]));
    }
  }

  size_t column_of(const std::string& metric) const {
    const auto found = std::find(kept_.metrics.begin(), kept_.metrics.end(), metric);
    if (found == kept_.metrics.end()) {
      throw Error(ErrorKind::study,
                  fmt::format("the study is damaged: it has no metric {}", metric));
    }
    return static_cast<size_t>(found - kept_.metrics.begin());
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

std::vector<ReplayStretch> schedule_of(store::StudyStore& store,
                                       const std::vector<study::Trial>& trials, int trial) {
  const study::Trial* last = &store::trial_of_number(trials, trial);
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
    last = &store::trial_of_number(trials, static_cast<int>(last->origin->trial));
  }
  std::reverse(schedule.begin(), schedule.end());
  return schedule;
}

void train_again(store::StudyStore& store, const store::StoredStudy& study,
                 const data::ImageSet& set, Replay& result,
                 const std::function<void(uint64_t)>& on_step) {
  const study::Settings& settings = study.record.settings;
  const ReplayStretch& last = result.schedule.back();
  if (last.until > settings.budget) {
    throw Error(ErrorKind::study, fmt::format("trial {} was trained for {} steps, and the budget "
                                              "is {}",
                                              last.trial, last.until, settings.budget));
  }
  const double scale = last.config.contains("scale") ? space::number_in(last.config, "scale") : 1;
  const train::Network network = last.config.contains(study::kProxy)
                                     ? proxy_of(settings, set)
                                     : network_of(settings, set, scale);
  const data::Split parts = data::split(set);
  const train::Images training(network, parts.training.pixels, parts.training.labels);
  const std::optional<train::Images> validation = validation_images(settings, set, network);
  data::MinibatchOrder order(training.count(), static_cast<uint32_t>(settings.batch_size));
  ReplayHost host(store, study, result, on_step);
  train::CohortOptions options = cohort_options(settings);
  options.validation = validation.has_value() ? &*validation : nullptr;
  options.budget = last.until;
  train::Cohort cohort(network, training, order, options, host);
  cohort.run();
}

}  // namespace

std::vector<ReplayStretch> schedule_of(store::StudyStore& store, int trial) {
  return schedule_of(store, store::stored_study(store).trials, trial);
}

Replay replay(store::StudyStore& store, const data::ImageSet& set, int trial,
              const std::function<void(uint64_t)>& on_step) {
  const store::StoredStudy study = store::stored_study(store);
  if (study.record.data_checksum != set.checksum) {
    throw Error(ErrorKind::study,
                fmt::format("the study was made with other data: checksum {} in the study, {} now",
                            study.record.data_checksum, set.checksum));
  }
  Replay result;
  result.schedule = schedule_of(store, study.trials, trial);
  if (result.schedule.back().until <= result.schedule.back().from) {
    throw Error(ErrorKind::study, fmt::format("trial {} has not been trained yet", trial));
  }
  try {
    train_again(store, study, set, result, on_step);
  } catch (const Error& error) {
    // All that is wrong with what is to be trained is the study's.
    if (error.kind() != ErrorKind::usage) throw;
    throw Error(ErrorKind::study, fmt::format("the study is damaged: {}", error.what()));
  }
  if (const auto kept = store.snapshot(trial); kept.has_value()) {
    train::TrialSnapshot other = train::snapshot_from_bytes(*kept);
    other.compute_seconds = result.end.compute_seconds;
    if (other.state.step == result.end.state.step) result.same_snapshot = other == result.end;
  }
  return result;
}

}  // namespace sweetspot::cohorts
