#include "library/study_keeper.hpp"

#include <fmt/format.h>

#include "store/open_store.hpp"
#include "study/axes.hpp"
#include "sweetspot/error.hpp"
#include "version.hpp"

namespace sweetspot {
namespace {

constexpr std::chrono::milliseconds kWriteEvery{500};
constexpr const char* kPart = "tune";

// In the file a value may be missing where the value was not finite: such a trial diverged.
TrialResult result_of(const study::Trial& trial, const study::Curve& curve) {
  TrialResult result;
  result.number = trial.number;
  result.config = trial.config;
  result.outcome = trial.outcome;
  result.note = trial.note;
  result.seconds = trial.compute_seconds;
  for (const study::CurvePoint& point : curve.points) {
    if (point.values.empty() || !point.values[0].has_value()) continue;
    result.curve.push_back({point.step, *point.values[0]});
  }
  result.steps = trial.outcome.has_value() ? trial.steps
                 : result.curve.empty()    ? 0
                                           : result.curve.back().step;
  const bool worked =
      trial.outcome == study::Outcome::reached || trial.outcome == study::Outcome::exhausted;
  if (worked && !result.curve.empty()) result.value = result.curve.back().value;
  return result;
}

}  // namespace

double score_of(const StudyOptions& options, double value) {
  return options.direction == Direction::minimize ? -value : value;
}

study::Settings settings_of(const space::Space& space, const StudyOptions& options) {
  study::Settings settings;
  settings.kind = study::Kind::tune;
  // Trials are calls of a function: like a program of one's own, of which nobody says a command.
  settings.command.emplace();
  settings.command->own_budget = options.steps <= 1;
  const bool minimize = options.direction == Direction::minimize;
  settings.target = {.metric = "", .value = 1};
  if (options.target.has_value()) {
    settings.target = {.metric = options.metric, .value = *options.target, .at_most = minimize};
  }
  settings.budget = options.steps;
  settings.check_every = options.report_every;
  settings.seed = options.seed;
  settings.early_stop = "off";
  settings.search.method = options.method;
  if (!options.target.has_value()) {
    settings.search.objective = {
        .steps_to_target = false, .metric = options.metric, .minimize = minimize};
  }
  settings.search.cost = options.total_steps > 0 ? fmt::format("{}", options.total_steps)
                                                 : fmt::format("{}t", options.trials);
  settings.search.round = options.round;
  settings.search.space = space.parameters();
  settings.optimizers = study::groups_of(settings);
  return settings;
}

space::Space as_begun(const space::Space& space, const std::filesystem::path& file) {
  if (file.empty() || !std::filesystem::exists(file)) return space;
  try {
    const auto record = store::open_sqlite(file, store::Access::read, kPart)->record();
    if (!record.has_value()) return space;
    study::Settings wanted;
    wanted.search.space = space.parameters();
    return space::Space(study::as_begun(record->settings, std::move(wanted)).search.space);
  } catch (const store::NoSuchStudy&) {
    return space;
  }
}

StudyKeeper::StudyKeeper(const space::Space& space, const StudyOptions& options)
    : options_(options), begin_(std::chrono::steady_clock::now()), written_(begin_) {
  if (options.file.empty()) return;
  store_ = store::open_sqlite(options.file, store::Access::train, kPart);
  const study::Settings wanted = settings_of(space, options);
  if (const std::optional<store::StudyRecord> record = store_->record(); record.has_value()) {
    // More trials can follow: those so far are what they would have begun with. A limit of steps
    // shapes the rounds, and the grid its points.
    study::Settings before = record->settings;
    const bool may_grow =
        options.total_steps == 0 && before.search.cost.ends_with('t') && options.method != "grid";
    if (may_grow) before.search.cost = wanted.search.cost;
    if (const std::string field = study::difference(before, wanted); !field.empty()) {
      throw Error(ErrorKind::study,
                  fmt::format("{}: holds a study made with other options: {}; use another file",
                              options.file.string(), field));
    }
    load();
  } else if (!store_->parts().empty()) {
    throw Error(ErrorKind::study, fmt::format("{}: holds a study of networks; use another file",
                                              options.file.string()));
  }
  store_->write_record({.settings = wanted,
                        .program_version = kVersion,
                        .data_checksum = "",
                        .weights = 0,
                        .operations_per_step = 0,
                        .early_stop = "off",
                        .networks = {}},
                       {study::judged_metric(wanted)});
}

void StudyKeeper::load() {
  for (const study::Trial& trial : store_->trials()) {
    kept_.push_back(result_of(trial, store_->curve(trial.number)));
  }
}

void StudyKeeper::add(const TrialResult& trial) {
  if (store_ == nullptr) return;
  study::Trial added;
  added.number = trial.number;
  added.config = trial.config;
  added.seed = options_.seed;
  batch_.added.push_back(std::move(added));
}

void StudyKeeper::observe(int trial, const Check& check) {
  if (store_ == nullptr) return;
  batch_.observations.push_back({trial, {.step = check.step, .values = {check.value}}});
}

void StudyKeeper::end(const TrialResult& trial) {
  if (store_ == nullptr) return;
  study::Trial ended;
  ended.number = trial.number;
  ended.outcome = trial.outcome;
  ended.steps = trial.steps;
  ended.compute_seconds = trial.seconds;
  ended.note = trial.note;
  batch_.ended.push_back(std::move(ended));
}

void StudyKeeper::write(bool at_once) {
  const auto now = std::chrono::steady_clock::now();
  if (store_ == nullptr || batch_.empty() || (!at_once && now - written_ < kWriteEvery)) return;
  batch_.cost.wall_seconds = std::chrono::duration<double>(now - begin_).count();
  store_->write(batch_);
  batch_ = {};
  written_ = now;
}

}  // namespace sweetspot
