#include "cohorts/prepare_study.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "cohorts/admission_order.hpp"
#include "cohorts/arithmetic_mark.hpp"
#include "cohorts/rule_state.hpp"
#include "cohorts/search_end.hpp"
#include "cohorts/study_setup.hpp"
#include "cohorts/trial_host.hpp"
#include "run/no_workers.hpp"
#include "space/grid.hpp"
#include "store/stored_study.hpp"
#include "sweetspot/error.hpp"
#include "train/stages.hpp"
#include "version.hpp"

namespace sweetspot::cohorts {
namespace {

// The configs of a study, whatever its seeds.
std::vector<space::Config> configs_of(const study::Settings& s, const data::ImageSet& set) {
  if (s.kind == study::Kind::tune) return {};  // they come as the search proposes them
  if (s.kind == study::Kind::trace) {
    std::vector<space::Config> configs;
    for (const study::TraceConfig& config : s.configs) {
      configs.push_back({{"optimizer", config.optimizer}, {"learning_rate", config.learning_rate}});
    }
    return configs;
  }
  const std::vector<space::Value> optimizers(s.optimizers.begin(), s.optimizers.end());
  const std::vector<space::Value> rates(s.learning_rates.begin(), s.learning_rates.end());
  std::vector<space::GridParameter> grid = {{"optimizer", optimizers}, {"learning_rate", rates}};
  if (s.kind == study::Kind::size) {
    const std::vector<double> scales = distinct_scales(s, set);
    grid.push_back({"scale", std::vector<space::Value>(scales.begin(), scales.end())});
  }
  for (const auto& [name, values] : s.number_grid) {
    grid.push_back({name, std::vector<space::Value>(values.begin(), values.end())});
  }
  return space::product(grid);
}

// What was measured of them before stands.
std::vector<store::NetworkSize> networks_of(const study::Settings& s, const data::ImageSet& set,
                                            const std::vector<store::NetworkSize>& measured) {
  std::vector<store::NetworkSize> networks;
  for (const double scale : distinct_scales(s, set)) {
    const train::Stages stages = train::stages_of(network_of(s, set, scale));
    networks.push_back({.name = {},
                        .scale = scale,
                        .weights = train::weight_count(stages),
                        .operations_per_step = train::operations_per_step(stages, s.batch_size),
                        .step_seconds = 0});
    for (const store::NetworkSize& before : measured) {
      if (before.scale == scale) networks.back().step_seconds = before.step_seconds;
    }
  }
  return networks;
}

// A search's answer has one that is measured at its end alone.
std::vector<std::string> kept_metrics(const study::Settings& settings) {
  std::vector<std::string> metrics = study_metrics();
  if (settings.kind == study::Kind::tune) metrics.emplace_back(study::kTestAccuracy);
  return metrics;
}

bool is_waiting_again(const study::Trial& trial) {
  return trial.outcome == study::Outcome::exhausted || trial.outcome == study::Outcome::hopeless;
}

}  // namespace

void require_same_data(const store::StudyRecord& kept, const std::string& checksum) {
  if (kept.data_checksum == checksum) return;
  throw Error(ErrorKind::study,
              fmt::format("the study was made with other data: checksum {} in the study, {} now",
                          kept.data_checksum, checksum));
}

namespace {

// What is kept of a study, and what is wanted now.
void require_same(const store::StudyRecord& kept, const store::StudyRecord& wanted) {
  const auto refuse_other = [](const std::string& what) {
    throw Error(ErrorKind::study, "the study was made with " + what);
  };
  const std::string field = study::difference(kept.settings, wanted.settings);
  if (!field.empty()) {
    refuse_other(fmt::format("other settings: {}; use another --study", field));
  }
  require_same_data(kept, wanted.data_checksum);
  if (kept.weights != wanted.weights) {
    refuse_other(
        fmt::format("another network: {} weights in the study, {} now; use another --study",
                    kept.weights, wanted.weights));
  }
}

}  // namespace

void prepare_study(store::StudyStore& store, const study::Settings& settings,
                   const data::ImageSet& set) {
  require_trainable(settings, set);
  const train::Stages stages = train::stages_of(network_of(settings, set));
  store::StudyRecord record;
  record.settings = settings;
  record.program_version = kVersion;
  record.arithmetic = arithmetic_mark();
  record.data_checksum = set.checksum;
  record.weights = train::weight_count(stages);
  record.operations_per_step = train::operations_per_step(stages, settings.batch_size);
  bool larger_budget = false;
  std::vector<store::NetworkSize> measured;
  if (const std::optional<store::StudyRecord> kept = store.record(); kept.has_value()) {
    require_same(*kept, record);
    record.settings = study::extended(kept->settings, settings);
    measured = kept->networks;
    larger_budget = settings.budget > kept->settings.budget;
    if (record.settings != kept->settings) run::require_no_workers(store);
  }
  record.early_stop = rule_state(record.settings, set).words;

  const std::vector<study::Trial> trials = store::stored_trials(store, record.settings);
  std::set<std::pair<space::Config, uint64_t>> known;
  for (const study::Trial& trial : trials) {
    known.emplace(trial.config, trial.seed);
  }
  if (record.settings.kind == study::Kind::size) {
    record.networks = networks_of(record.settings, set, measured);
  }
  if (!record.settings.search.proxy.empty()) {
    const train::Stages proxy = train::stages_of(proxy_of(record.settings, set));
    record.networks = {
        {.name = record.settings.search.proxy,
         .weights = train::weight_count(proxy),
         .operations_per_step = train::operations_per_step(proxy, settings.batch_size)}};
  }
  std::vector<study::Trial> added;
  int number = static_cast<int>(trials.size());
  for (int seed = 0; seed < record.settings.seeds; ++seed) {
    for (space::Config& config : configs_of(record.settings, set)) {
      study::Trial trial;
      trial.config = std::move(config);
      trial.seed = record.settings.seed + static_cast<uint64_t>(seed);
      if (known.contains({trial.config, trial.seed})) continue;
      trial.number = number++;
      added.push_back(std::move(trial));
    }
  }
  const std::vector<size_t> order = admission_order_of(added);
  for (size_t i = 0; i < order.size(); ++i) {
    added[order[i]].priority = static_cast<int>(trials.size() + i);
  }
  // In this order a kill in between leaves a study that the same command extends again.
  if (larger_budget) {
    std::vector<int> again;
    for (const study::Trial& trial : trials) {
      if (is_waiting_again(trial)) again.push_back(trial.number);
    }
    store.reset_trials(again);
  }
  store.write_record(record, kept_metrics(record.settings));
  store.add_trials(added);
}

}  // namespace sweetspot::cohorts
