#include "programs/program_setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "programs/argument_template.hpp"
#include "programs/processes/trial_process.hpp"
#include "programs/reports/report_reader.hpp"
#include "run/no_workers.hpp"
#include "search/methods.hpp"
#include "space/grid.hpp"
#include "store/stored_study.hpp"
#include "study/axes.hpp"
#include "sweetspot/error.hpp"
#include "version.hpp"

namespace sweetspot::programs {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::usage, what);
}

std::vector<space::GridParameter> grid_of(const study::Settings& s) {
  std::vector<space::GridParameter> grid = s.command->grid;
  if (s.kind == study::Kind::size) {
    grid.push_back({"scale", std::vector<space::Value>(s.scales.begin(), s.scales.end())});
  }
  return grid;
}

std::vector<std::string> parameters_of(const study::Settings& s) {
  std::vector<std::string> names;
  if (s.kind == study::Kind::tune) {
    for (const space::Parameter& parameter : s.search.space) names.push_back(parameter.name);
  } else {
    for (const space::GridParameter& parameter : grid_of(s)) names.push_back(parameter.name);
  }
  return names;
}

void require_search(const study::Settings& s) {
  const space::Space space(s.search.space);
  if (s.search.round < 1 || s.search.round > 1000) refuse("round: must be from 1 to 1000");
  if (!s.search.proxy.empty()) refuse("proxy: a program of your own has none");
  search::make_search(s.search.method, space,
                      {.size = 1,
                       .cost = study::search_cost(s),
                       .seed = s.seed,
                       .budget = s.budget,
                       .check_every = s.check_every,
                       .population = s.search.population,
                       .own_budget = s.command->own_budget});
  if (s.search.objective.steps_to_target == s.target.metric.empty()) {
    refuse(s.target.metric.empty()
               ? "a search needs --target 'METRIC>=VALUE', --maximize METRIC or --minimize METRIC"
               : "--maximize and --minimize look for no target; leave --target away");
  }
}

void require_early_stop(const study::Settings& s) {
  if (s.early_stop != "on") return;
  if (s.command->own_budget || s.target.metric.empty() || s.target.at_most ||
      !(s.target.value > 0 && s.target.value <= 1)) {
    refuse(
        "early_stop: the rule knows accuracies from 0 to 1; it needs --target 'METRIC>=VALUE' with "
        "such a value, and --budget");
  }
}

const char* early_stop_words(const study::Settings& s) {
  if (s.early_stop == "on") return "on (asked for)";
  return "off: the rule was audited on networks of sweetspot's own; --early-stop turns it on";
}

}  // namespace

void require_program(const study::Settings& s) {
  study::to_json(s);  // no study is begun that could not be kept
  const ArgumentTemplate arguments(s.command->command, s.command->shell);
  std::vector<std::string> parameters = parameters_of(s);
  if (parameters.empty()) {
    refuse(
        s.kind == study::Kind::tune
            ? "nothing varies; give a --space FILE with parameters, --learning-rates or "
              "--optimizers"
            : "nothing varies; give --grid NAME=VALUES, --learning-rates, --optimizers or --space");
  }
  require_placeholders(arguments, parameters);
  const std::vector<std::string> words = arguments.filled({});
  const auto& placeholders = arguments.placeholders();
  const bool is_fixed = s.command->command.find('{') > s.command->command.find(' ');
  if (s.command->shell || placeholders.empty() || is_fixed) found_program(words.front());
}

void require_runnable(const study::Settings& s) {
  require_program(s);
  if (!s.command->metric_pattern.empty()) {
    const std::vector<std::string> metrics = MetricPattern(s.command->metric_pattern).metrics();
    const std::string& judged = study::judged_metric(s);
    if (!judged.empty() && std::find(metrics.begin(), metrics.end(), judged) == metrics.end()) {
      refuse("metric_pattern: has no group for " + unknown_name("metric", judged, metrics));
    }
  }
  if (s.seeds < 1 || s.seeds > 1000) refuse("seeds: must be from 1 to 1000");
  if (s.kind == study::Kind::tune) {
    require_search(s);
  } else if (s.target.metric.empty()) {
    refuse(
        "a sweep needs --target 'METRIC>=VALUE' or 'METRIC<=VALUE', which its trainings are to "
        "reach");
  }
  if (s.kind == study::Kind::size && s.scales.empty()) refuse("scales: at least one is needed");
  require_early_stop(s);
}

void prepare_program_study(store::StudyStore& store, const study::Settings& settings,
                           bool retry_failed) {
  require_runnable(settings);
  store::StudyRecord record;
  record.settings = settings;
  record.program_version = kVersion;
  bool larger_budget = false;
  if (const std::optional<store::StudyRecord> kept = store.record(); kept.has_value()) {
    const std::string field = study::difference(kept->settings, settings);
    if (!field.empty()) {
      throw Error(
          ErrorKind::study,
          fmt::format("the study was made with other settings: {}; use another --study file",
                      field));
    }
    record.settings = study::extended(kept->settings, settings);
    if (record.settings != kept->settings) run::require_no_workers(store);
    larger_budget = settings.budget > kept->settings.budget;
  }
  record.early_stop = early_stop_words(record.settings);
  if (record.settings.kind == study::Kind::size) {
    for (const double scale : record.settings.scales) record.networks.push_back({.scale = scale});
  }
  store.write_record(record, {});
  const std::vector<study::Trial> trials = store::stored_trials(store, record.settings);
  std::vector<int> again;
  std::set<std::pair<space::Config, uint64_t>> known;
  for (const study::Trial& trial : trials) {
    known.emplace(trial.config, trial.seed);
    const bool trains_on = larger_budget && trial.outcome == study::Outcome::exhausted;
    const bool is_retried = retry_failed && trial.outcome == study::Outcome::failed;
    if (trains_on || is_retried) again.push_back(trial.number);
  }
  store.reset_trials(again);
  if (record.settings.kind == study::Kind::tune) return;
  std::vector<study::Trial> added;
  for (int seed = 0; seed < record.settings.seeds; ++seed) {
    for (space::Config& config : space::product(grid_of(record.settings))) {
      study::Trial trial;
      trial.number = static_cast<int>(trials.size() + added.size());
      trial.seed = record.settings.seed + static_cast<uint64_t>(seed);
      trial.config = std::move(config);
      const bool is_new = known.emplace(trial.config, trial.seed).second;
      if (is_new) added.push_back(std::move(trial));
    }
  }
  store.add_trials(added);
}

}  // namespace sweetspot::programs
