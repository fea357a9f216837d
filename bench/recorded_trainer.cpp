#include "bench/recorded_trainer.hpp"

#include <algorithm>
#include <cmath>

#include "search/methods.hpp"

namespace sweetspot::bench {

RecordedTrainer::RecordedTrainer(const RecordedStudy& study) : study_(study) {
  for (const RecordedTrial& recorded : study.trials) {
    if (recorded.trial.seed != study.settings.seed) continue;
    const std::string& optimizer = space::choice_in(recorded.trial.config, "optimizer");
    const double rate = space::number_in(recorded.trial.config, "learning_rate");
    runs_[optimizer][std::log(rate)] = {&recorded, last_step(study.settings, recorded, {})};
  }
}

space::Space RecordedTrainer::space() const {
  std::vector<std::string> optimizers;
  for (const auto& [optimizer, runs] : runs_) optimizers.push_back(optimizer);
  const auto& rates = study_.settings.learning_rates;
  return space::Space({{"optimizer", space::Categorical{optimizers}},
                       {"learning_rate", space::LogUniform{rates.front(), rates.back()}}});
}

const RecordedTrainer::Run& RecordedTrainer::run_of(const space::Config& config) const {
  const auto& runs = runs_.at(space::choice_in(config, "optimizer"));
  const double rate = std::log(space::number_in(config, "learning_rate"));
  auto right = runs.lower_bound(rate);
  if (right == runs.end()) return std::prev(right)->second;
  if (right == runs.begin()) return right->second;
  const auto left = std::prev(right);
  return rate - left->first < right->first - rate ? left->second : right->second;
}

study::Outcome RecordedTrainer::Run::outcome() const {
  return last < recorded->trial.steps ? study::Outcome::hopeless : *recorded->trial.outcome;
}

std::vector<const RecordedTrial*> RecordedTrainer::trials() const {
  std::vector<const RecordedTrial*> trials;
  for (const auto& [optimizer, runs] : runs_) {
    for (const auto& [rate, run] : runs) trials.push_back(run.recorded);
  }
  return trials;
}

search::SegmentEnd RecordedTrainer::train(const search::Segment& segment) const {
  const Run& run = run_of(segment.config);
  search::SegmentEnd end;
  end.steps = std::min(segment.until, run.last);
  for (const search::CurveCheck& check : run.recorded->curve) {
    if (check.step > segment.from && check.step <= end.steps) end.curve.push_back(check);
  }
  if (segment.until < run.last) return end;
  end.outcome = run.outcome();
  if (end.outcome == study::Outcome::reached) end.value = static_cast<double>(end.steps);
  return end;
}

uint64_t RecordedTrainer::best_steps() const {
  uint64_t best = study_.settings.budget;
  for (const RecordedTrial& recorded : study_.trials) {
    if (recorded.trial.outcome == study::Outcome::reached) {
      best = std::min(best, recorded.trial.steps);
    }
  }
  return best;
}

std::optional<uint64_t> RecordedTrainer::steps_of(const space::Config& config) const {
  const study::Trial& trial = run_of(config).recorded->trial;
  if (trial.outcome != study::Outcome::reached) return std::nullopt;
  return trial.steps;
}

uint64_t RecordedTrainer::grid_steps() const {
  uint64_t steps = 0;
  for (const auto& [optimizer, runs] : runs_) {
    for (const auto& [rate, run] : runs) {
      const study::Trial& trial = run.recorded->trial;
      steps += trial.outcome == study::Outcome::reached ? trial.steps : study_.settings.budget;
    }
  }
  return steps;
}

SearchRun run_search(const std::string& method, const space::Space& space, const Train& train,
                     const search::RoundOptions& options) {
  const auto search = search::make_search(method, space, options);
  search::Rounds rounds(*search, space, options);
  while (!rounds.is_over()) {
    for (const search::Segment& segment : rounds.ask().segments) {
      rounds.end(segment.trial, train(segment));
    }
  }
  return {rounds.all(), rounds.spent()};
}

}  // namespace sweetspot::bench
