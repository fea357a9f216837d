#include "sweetspot/population.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>
#include <utility>

#include "base/text.hpp"
#include "data/fetch.hpp"
#include "data/minibatch_order.hpp"
#include "library/population_host.hpp"
#include "models/model.hpp"
#include "models/named_models.hpp"
#include "study/settings.hpp"
#include "sweetspot/error.hpp"
#include "train/optimizer.hpp"
#include "train/stages.hpp"

namespace sweetspot {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::usage, what);
}

train::Semantics semantics_of(const std::string& name) {
  if (name == "tensorflow") return train::Semantics::tensorflow;
  if (name == "pytorch") return train::Semantics::pytorch;
  const std::vector<std::string> known = {"tensorflow", "pytorch"};
  refuse(unknown_name("semantics", name, known));
}

PopulationOptions checked(PopulationOptions options, size_t images) {
  constexpr uint64_t kMostSteps = 1'000'000'000;
  constexpr int kMostLanes = 256;
  if (options.budget < 1 || options.budget > kMostSteps) {
    refuse(fmt::format("budget {}: must be from 1 to 1,000,000,000 steps", options.budget));
  }
  if (options.check_every < 1) refuse("check_every 0: must be at least 1 step");
  if (options.batch_size < 1 || static_cast<size_t>(options.batch_size) > images) {
    refuse(fmt::format("batch_size {}: must be from 1 to the {} training images",
                       options.batch_size, images));
  }
  if (options.threads < 1) refuse(fmt::format("threads {}: must be at least 1", options.threads));
  if (options.lanes < 0 || options.lanes > kMostLanes || options.lanes % 8 != 0) {
    refuse(fmt::format("lanes {}: must be a multiple of 8, from 8 to {}, or 0", options.lanes,
                       kMostLanes));
  }
  const std::vector<std::string> metrics = study::target_metrics();
  if (std::find(metrics.begin(), metrics.end(), options.metric) == metrics.end()) {
    refuse(unknown_name("metric", options.metric, metrics));
  }
  if (options.target.has_value() && (!(*options.target > 0) || !(*options.target <= 1))) {
    refuse(fmt::format("target {}: an accuracy is above 0 and at most 1", *options.target));
  }
  semantics_of(options.semantics);
  options.validation =
      options.validation || (options.target.has_value() && options.metric == "validation_accuracy");
  return options;
}

train::Network fitting(train::Network network, const data::ImageSet& set) {
  const train::ImageShape shape = {set.channels, set.height, set.width};
  if (network.input != shape) {
    refuse(fmt::format("network: takes images of {}, the set's are {}",
                       train::text_of(network.input), train::text_of(shape)));
  }
  if (network.classes < set.classes) {
    refuse(fmt::format("network: has {} classes, the set {}", network.classes, set.classes));
  }
  return network;
}

}  // namespace

data::ImageSet load_images(const std::string& name_or_folder) {
  return data::load_image_set(name_or_folder, data::real_fetch_tools([](const std::string&) {}));
}

std::vector<std::string> network_names() {
  return models::model_names();
}

train::Network network_of(const std::string& name_or_file, const data::ImageSet& set,
                          double width) {
  return models::network_of(models::chosen_model(name_or_file), width,
                            {set.channels, set.height, set.width}, set.classes);
}

std::vector<std::string> optimizer_names() {
  return train::optimizer_names();
}

struct PopulationTrainer::Parts {
  // `set` is checked.
  Parts(train::Network given, const data::ImageSet& set, const PopulationOptions& given_options);

  train::LaneRecipe recipe_of(const TrainingConfig& config) const;
  train::CohortTrial trial_of(size_t index, const TrainingConfig& config) const;
  void work(PopulationHost& host, size_t lanes);

  train::Network network;
  uint64_t weights;
  PopulationOptions options;
  train::Images training;
  std::optional<train::Images> validation;
  data::MinibatchOrder order;
};

PopulationTrainer::Parts::Parts(train::Network given, const data::ImageSet& set,
                                const PopulationOptions& given_options)
    : network(fitting(std::move(given), set)),
      weights(train::weight_count(train::stages_of(network))),
      options(checked(given_options, data::split(set).training.labels.size())),
      training(network, data::split(set).training.pixels, data::split(set).training.labels),
      order(training.count(), static_cast<uint32_t>(options.batch_size)) {
  if (!options.validation) return;
  const data::LabelledPixels held_out = data::split(set).validation;
  if (held_out.labels.empty()) {
    refuse(fmt::format("validation: a twelfth of {} images is none; give 12 or more",
                       set.train_labels.size()));
  }
  validation.emplace(network, held_out.pixels, held_out.labels);
}

train::LaneRecipe PopulationTrainer::Parts::recipe_of(const TrainingConfig& config) const {
  if (!(config.learning_rate > 0) || !std::isfinite(config.learning_rate)) {
    refuse(fmt::format("learning_rate {}: must be above 0 and finite", config.learning_rate));
  }
  train::LaneRecipe recipe;
  recipe.optimizer = train::optimizer_index(config.optimizer);
  recipe.learning_rate = config.learning_rate;
  recipe.semantics = semantics_of(options.semantics);
  recipe.numbers = train::optimizer_numbers(recipe.optimizer, recipe.semantics, config.numbers);
  recipe.schedule = train::parse_schedule(config.schedule, options.budget);
  recipe.seed = config.seed;
  return recipe;
}

train::CohortTrial PopulationTrainer::Parts::trial_of(size_t index,
                                                      const TrainingConfig& config) const {
  try {
    train::CohortTrial trial;
    trial.number = static_cast<int>(index);
    trial.recipe = recipe_of(config);
    if (config.state == nullptr) return trial;
    trial.snapshot = train::snapshot_from_bytes(*config.state);
    const train::LaneState& state = trial.snapshot->state;
    if (state.weights.size() != weights) {
      throw Error(ErrorKind::study,
                  fmt::format("state: is of another network: {} weights, this one has {}",
                              state.weights.size(), weights));
    }
    const int slots = train::optimizers()[static_cast<size_t>(trial.recipe.optimizer)].slots;
    const auto kept = std::count_if(state.slots.begin(), state.slots.end(),
                                    [](const auto& slot) { return !slot.empty(); });
    if (kept != slots) throw Error(ErrorKind::study, "state: is of another optimizer");
    if (state.step >= options.budget) {
      refuse(fmt::format("state: is of step {}, the budget is {}", state.step, options.budget));
    }
    return trial;
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("config {}: {}", index, error.what()));
  }
}

void PopulationTrainer::Parts::work(PopulationHost& host, size_t lanes) {
  try {
    train::CohortOptions cohort_options;
    cohort_options.lanes = static_cast<int>(lanes);
    cohort_options.check_every = options.check_every;
    cohort_options.budget = options.budget;
    cohort_options.validation = validation.has_value() ? &*validation : nullptr;
    cohort_options.snapshot_seconds = std::numeric_limits<double>::infinity();
    train::Cohort(network, training, order, cohort_options, host).run();
  } catch (...) {
    host.give_up(std::current_exception());
  }
}

PopulationTrainer::PopulationTrainer(train::Network network, const data::ImageSet& set,
                                     const PopulationOptions& options)
    : parts_(std::make_unique<Parts>(std::move(network), data::checked(set), options)) {}
PopulationTrainer::~PopulationTrainer() = default;
PopulationTrainer::PopulationTrainer(PopulationTrainer&&) noexcept = default;
PopulationTrainer& PopulationTrainer::operator=(PopulationTrainer&&) noexcept = default;

std::vector<Training> PopulationTrainer::train(
    const std::vector<TrainingConfig>& configs,
    const std::function<bool(const TrainingCheck&)>& on_check) {
  std::vector<train::CohortTrial> trials;
  for (size_t i = 0; i < configs.size(); ++i) trials.push_back(parts_->trial_of(i, configs[i]));
  PopulationHost host(parts_->options, std::move(trials), on_check);
  const auto most_threads = static_cast<size_t>(parts_->options.threads);
  const size_t lanes = parts_->options.lanes > 0 ? static_cast<size_t>(parts_->options.lanes)
                                                 : train::lanes_for(configs.size(), most_threads);
  const size_t threads = std::min(most_threads, (configs.size() + lanes - 1) / lanes);
  std::vector<std::jthread> workers;
  for (size_t i = 0; i < threads; ++i) {
    workers.emplace_back([&] { parts_->work(host, lanes); });
  }
  for (std::jthread& worker : workers) worker.join();
  return host.take();
}

uint64_t PopulationTrainer::weights() const {
  return parts_->weights;
}

}  // namespace sweetspot
