// What a study was asked to do: everything that its results depend on. Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "study/command_settings.hpp"
#include "study/search_settings.hpp"
#include "study/target.hpp"

namespace sweetspot::study {

// One entry of [[model.layer]].
struct LayerSetting {
  std::string type;
  std::map<std::string, double> numbers;
  std::string padding;
  bool operator==(const LayerSetting&) const = default;
};

// What a study's trials are.
enum class Kind {
  sweep,  // every optimizer at every learning rate
  size,   // and at every scale of the network
  trace,  // some configs, with validation accuracy over time
  tune,   // what a search proposes
};
std::string_view name_of(Kind kind);
// Throws Error (study) for a name that is none.
Kind kind_of(std::string_view name);

// One training of a trace.
struct TraceConfig {
  std::string optimizer;
  double learning_rate = 0;
  bool operator==(const TraceConfig&) const = default;
};

// "adam:1e-3,gd:0.2". Throws Error (usage).
std::vector<TraceConfig> parse_configs(std::string_view text);
std::string text_of(const TraceConfig& config);

// The budget of a study whose trainings end by themselves: more steps than any takes.
inline constexpr uint64_t kOwnBudget = 1'000'000'000;

struct Settings {
  Kind kind = Kind::sweep;
  std::string data = "mnist";  // a named data set, or a folder
  std::string model = "tiny";
  double width = 1;
  std::vector<LayerSetting> layers;  // where `model` is none of the named ones
  std::vector<std::string> optimizers;
  std::vector<double> learning_rates;
  std::vector<double> scales;        // of a size study: times `width`
  std::vector<TraceConfig> configs;  // of a trace, instead of optimizers and learning_rates
  SearchSettings search;             // of a tune study; its space has the optimizers and rates
  // Of a study of a user's own program: what follows of data, networks and optimizers, and what
  // stands above, means nothing then, but for the kind, the search and the scales.
  std::optional<CommandSettings> command;
  // Further parameters of the space, numbers of the optimizers: each trains at every combination.
  std::map<std::string, std::vector<double>> number_grid;
  Target target;
  uint64_t budget = 8000;  // steps a trial
  uint64_t check_every = 50;
  int batch_size = 100;
  uint64_t seed = 1;
  int seeds = 1;
  std::string early_stop = "auto";  // auto, on, off
  bool audit = false;
  std::string semantics = "tensorflow";
  std::string schedule = "fixed";  // of the learning rate (train/schedule.hpp)
  std::optional<double> dropout;   // instead of the model's
  // Numbers of optimizers that differ from the defaults, by optimizer and number.
  std::map<std::string, std::map<std::string, double>> numbers;
  double max_trial_seconds = 0;  // compute seconds; 0 is no limit
  bool operator==(const Settings&) const = default;
};

// The metric that a study's trials are judged by at their checks; empty where there is none.
const std::string& judged_metric(const Settings& settings);

// A value of that metric as a score, the larger the better; and back.
double score_of(const Settings& settings, double metric);

// Whether it is a search that tries another network first.
bool has_proxy(const Settings& settings);

// What a search of the study may take. Where trainings end by themselves one full training is one
// trial. Throws Error (usage).
SearchCost search_cost(const Settings& settings);

// Text forms: JSON for the study file, TOML for people. to_json throws Error (usage) for a text
// that is not UTF-8, from_json throws Error (study).
std::string to_json(const Settings& settings);
Settings settings_from_json(const std::string& text);
std::string to_toml(const Settings& settings);

// What is wanted, as a study means it that was begun when values had other digits or forms: it goes
// on with those that it has.
Settings as_begun(const Settings& kept, Settings wanted);

// The first field in which `wanted` differs from `kept` other than by extending it (more rates,
// optimizers, scales, configs or seeds, a larger budget), as "budget: 8000 in the study, 4000 now";
// empty if `wanted` extends `kept`.
std::string difference(const Settings& kept, const Settings& wanted);

// The settings of a study once `wanted` has extended `kept`: the union of both.
Settings extended(const Settings& kept, const Settings& wanted);

}  // namespace sweetspot::study
