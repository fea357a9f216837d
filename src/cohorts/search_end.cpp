#include "cohorts/search_end.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cohorts/lane_recipe.hpp"
#include "cohorts/study_setup.hpp"
#include "data/minibatch_order.hpp"
#include "store/stored_study.hpp"
#include "train/lane_block.hpp"
#include "train/schedule.hpp"
#include "train/snapshot.hpp"

namespace sweetspot::cohorts {
namespace {

// None where it is not to go on.
std::optional<double> test_accuracy(const study::Settings& settings, const data::ImageSet& set,
                                    const study::Trial& trial,
                                    const std::function<bool()>& goes_on) {
  const train::Network network = network_of(settings, set);
  const data::LabelledPixels training = data::split(set).training;
  const train::Images images(network, training.pixels, training.labels);
  const train::Images test(network, set.test_pixels, set.test_labels);
  const auto block = train::make_lane_block(network, settings.batch_size, images);
  block->start(
      0, recipe_of(settings, train::parse_schedule(settings.schedule, settings.budget), trial));
  data::MinibatchOrder order(images.count(), static_cast<uint32_t>(settings.batch_size));
  std::shared_ptr<const std::vector<uint32_t>> epoch;
  for (uint64_t step = 0; step < trial.steps; ++step) {
    if (!goes_on()) return std::nullopt;
    train::LaneBatches batches;
    batches[0] = order.batch(trial.seed, step, epoch);
    block->step(batches);
  }
  return static_cast<double>(block->count_correct(test)[0]) / test.count();
}

}  // namespace

bool end_search(store::StudyStore& store, const data::ImageSet& set,
                const run::SearchDirector& director, const store::Cost& cost,
                const std::function<bool()>& goes_on) {
  bool is_done = true;
  const study::Settings settings = store.record()->settings;
  const std::vector<study::Trial> trials = store::stored_trials(store, settings);
  store::Batch batch;
  batch.cost = cost;
  for (study::Trial trial : trials) {
    if (trial.outcome.has_value()) continue;
    trial.outcome = study::Outcome::pruned;
    trial.note = study::kDropped;
    if (const auto bytes = store.rewind(trial.number); bytes.has_value()) {
      const train::TrialSnapshot snapshot = train::snapshot_from_bytes(*bytes);
      trial.steps = snapshot.state.step;
      trial.compute_seconds = snapshot.compute_seconds;
    }
    batch.ended.push_back(std::move(trial));
  }
  if (const auto safe = director.safe(); safe.has_value()) {
    const study::Trial& trial = trials[*safe];
    const study::Curve curve = store.curve(trial.number);
    const auto metric = std::find(curve.metrics.begin(), curve.metrics.end(), study::kTestAccuracy);
    if (metric == curve.metrics.end() || curve.points.empty()) {
      throw Error(ErrorKind::study,
                  fmt::format("the study is damaged: trial {} has no observation, or there is no "
                              "metric {}",
                              trial.number, study::kTestAccuracy));
    }
    study::CurvePoint last = curve.points.back();
    std::optional<double>& accuracy =
        last.values.at(static_cast<size_t>(metric - curve.metrics.begin()));
    if (!accuracy.has_value()) {
      accuracy = test_accuracy(settings, set, trial, goes_on);
      is_done = accuracy.has_value();
      if (is_done) batch.observations.push_back({trial.number, std::move(last)});
    }
  }
  if (!batch.empty()) store.write(batch);
  return is_done;
}

}  // namespace sweetspot::cohorts
