#include "exchange/optuna_import.hpp"

#include <algorithm>

#include "base/json_text.hpp"
#include "study/axes.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::exchange {
namespace {

constexpr double kMicroseconds = 1e6;

study::Settings settings_of(const OptunaStudy& optuna) {
  study::Settings settings;
  settings.kind = study::Kind::tune;
  settings.command.emplace();  // nobody says which
  settings.budget = study::kOwnBudget;
  settings.check_every = 1;
  settings.target = study::parse_target("none");
  settings.search.method = "optuna";
  settings.search.cost = std::to_string(std::max<size_t>(optuna.trials.size(), 1)) + "t";
  settings.search.space = optuna.space;
  settings.search.objective = {
      .steps_to_target = false, .metric = kValue, .minimize = !optuna.maximize};
  settings.optimizers = study::groups_of(settings);
  return settings;
}

// Of its own attributes, where it was exported from here.
std::string note_of(const OptunaTrial& trial) {
  const auto note = trial.attributes.find("note");
  if (note == trial.attributes.end()) return "";
  if (!is_shallow_json(note->second)) return "";
  const auto json = Json::parse(note->second, nullptr, false);
  return json.is_string() ? json.get<std::string>() : "";
}

std::vector<store::Observation> observations_of(const OptunaTrial& trial, int number) {
  std::vector<store::Observation> all;
  for (const auto& [step, value] : trial.intermediate) {
    all.push_back(
        {number, {static_cast<uint64_t>(std::max<int64_t>(step, 0)), {std::nullopt, value}}});
  }
  if (!trial.value.has_value()) return all;
  if (all.empty()) all.push_back({number, {1, {std::nullopt, std::nullopt}}});
  all.back().point.values.front() = trial.value;
  return all;
}

}  // namespace

size_t import_study(const OptunaStudy& optuna, store::StudyStore& store) {
  if (store.record().has_value()) {
    throw Error(ErrorKind::study, "the study file holds a study already; give a new --study file");
  }
  store::StudyRecord record;
  record.settings = settings_of(optuna);
  record.early_stop = "unknown: the study was Optuna's";
  record.program_version = "optuna";
  store.write_record(record, {kValue, kIntermediate});
  store::Batch batch;
  for (const OptunaTrial& trial : optuna.trials) {
    const std::optional<study::Outcome> outcome = outcome_of(trial);
    if (!outcome.has_value()) continue;
    study::Trial taken;
    taken.number = static_cast<int>(batch.added.size());
    taken.config = trial.config;
    taken.seed = record.settings.seed;
    batch.added.push_back(taken);
    const std::vector<store::Observation> observed = observations_of(trial, taken.number);
    taken.outcome = outcome;
    taken.steps = observed.empty() ? 0 : observed.back().point.step;
    taken.note = note_of(trial);
    if (trial.started.has_value() && trial.ended.has_value()) {
      const int64_t took = std::max<int64_t>(0, *trial.ended - *trial.started);
      taken.compute_seconds = static_cast<double>(took) / kMicroseconds;
    }
    batch.observations.insert(batch.observations.end(), observed.begin(), observed.end());
    batch.ended.push_back(std::move(taken));
  }
  if (!batch.empty()) store.write(batch);
  return batch.ended.size();
}

}  // namespace sweetspot::exchange
