#include "cohorts/study_setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "models/model.hpp"
#include "search/methods.hpp"
#include "space/grid.hpp"
#include "sweetspot/error.hpp"
#include "train/optimizer.hpp"
#include "train/schedule.hpp"
#include "train/stages.hpp"

namespace sweetspot::cohorts {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::usage, what);
}

// A target of any metric is one of a user's own program.
void require_native_target(const study::Target& target) {
  const std::vector<std::string> metrics = study::target_metrics();
  if (target.metric.empty()) return;
  if (std::find(metrics.begin(), metrics.end(), target.metric) == metrics.end()) {
    refuse("target: " + unknown_name("metric", target.metric, metrics));
  }
  if (target.at_most || !(target.value > 0) || !(target.value <= 1)) {
    refuse(fmt::format("target {}: an accuracy is to be at least a value above 0 and at most 1",
                       study::text_of(target)));
  }
}

// The optimizers under which a parameter takes part.
std::vector<std::string> optimizers_of(const space::Parameter& parameter,
                                       const std::vector<std::string>& all) {
  if (!parameter.when.has_value()) return all;
  if (parameter.when->parameter != "optimizer") {
    refuse(fmt::format("space.{}: a condition looks at the optimizer alone", parameter.name));
  }
  return parameter.when->values;
}

// A space that trials can be made of: optimizers, their rate, and numbers that they have.
void require_searchable(const study::Settings& s) {
  const space::Space space(s.search.space);
  const std::vector<std::string> known = {"optimizer", "learning_rate"};
  const auto semantics =
      s.semantics == "pytorch" ? train::Semantics::pytorch : train::Semantics::tensorflow;
  size_t found = 0;
  for (const space::Parameter& parameter : space.parameters()) {
    if (parameter.name == "optimizer" || parameter.name == "learning_rate") {
      ++found;
      const bool is_optimizer = parameter.name == "optimizer";
      if (parameter.when.has_value() || space::is_categorical(parameter) != is_optimizer) {
        refuse(fmt::format("space.{}: must be a {}, without condition", parameter.name,
                           is_optimizer ? "categorical" : "number"));
      }
      continue;
    }
    for (const std::string& optimizer : optimizers_of(parameter, s.optimizers)) {
      const space::Value value = space::value_at(parameter.distribution, 0.5);
      if (!std::holds_alternative<double>(value)) {
        refuse(fmt::format("space.{}: must be a number of the optimizer", parameter.name));
      }
      train::optimizer_numbers(train::optimizer_index(optimizer), semantics,
                               {{parameter.name, std::get<double>(value)}});
    }
  }
  if (found != known.size()) refuse("space: needs the parameters optimizer and learning_rate");
  const auto& rate = *std::find_if(space.parameters().begin(), space.parameters().end(),
                                   [](const auto& p) { return p.name == "learning_rate"; });
  if (!(std::get<double>(space::value_at(rate.distribution, 0)) > 0)) {
    refuse("space.learning_rate: low must be positive");
  }
  if (s.search.round < 1 || s.search.round > 1000) refuse("round: must be from 1 to 1000");
  const study::SearchCost cost = study::search_cost(s);
  if (s.search.population.validation_images < 1) {
    refuse("validation_images: must be at least 1");
  }
  search::make_search(s.search.method, space,
                      {.size = 1,
                       .cost = cost,
                       .seed = s.seed,
                       .budget = s.budget,
                       .check_every = s.check_every,
                       .population = s.search.population});
  const study::Objective& objective = s.search.objective;
  const std::vector<std::string> metrics = study::target_metrics();
  if (!objective.steps_to_target &&
      (objective.minimize ||
       std::find(metrics.begin(), metrics.end(), objective.metric) == metrics.end())) {
    refuse("objective: best of " + unknown_name("metric", objective.metric, metrics));
  }
  if (objective.steps_to_target == s.target.metric.empty()) {
    refuse(s.target.metric.empty() ? "objective steps-to-target: needs a target"
                                   : "objective best: looks for no target; target must be none");
  }
  if (s.seeds != 1) refuse("seeds: a search trains with one; its answer is confirmed with others");
}

void require_proxy(const study::Settings& s, const data::ImageSet& set) {
  if (study::is_population(s.search))
    refuse("proxy: pbt trains one population, on the network itself");
  if (study::search_cost(s).steps == 0) {
    refuse("proxy: its trials are not those of the network; give --cost in steps or x");
  }
  const auto operations = [&](const train::Network& network) {
    return train::operations_per_step(train::stages_of(network), s.batch_size);
  };
  if (operations(proxy_of(s, set)) >= operations(network_of(s, set))) {
    refuse(fmt::format("proxy {}: must take fewer operations than the network itself, {}",
                       s.search.proxy, s.model));
  }
}

}  // namespace

train::Network network_of(const study::Settings& settings, const data::ImageSet& set,
                          double scale) {
  const train::ImageShape shape = {set.channels, set.height, set.width};
  train::Network network = models::network_of({settings.model, settings.layers, ""},
                                              settings.width * scale, shape, set.classes);
  if (settings.dropout.has_value()) {
    bool found = false;
    for (train::Layer& layer : network.layers) {
      if (layer.kind != train::LayerKind::dropout) continue;
      layer.rate = *settings.dropout;
      found = true;
    }
    if (!found) refuse("dropout: this network has no dropout layer");
  }
  train::stages_of(network);
  return network;
}

train::Network proxy_of(const study::Settings& settings, const data::ImageSet& set) {
  study::Settings proxy = settings;
  proxy.model = settings.search.proxy;
  proxy.layers.clear();
  proxy.width = 1;
  proxy.dropout.reset();
  return network_of(proxy, set);
}

std::vector<double> distinct_scales(const study::Settings& settings, const data::ImageSet& set) {
  if (settings.kind != study::Kind::size) return {1};
  std::vector<double> scales;
  std::set<std::vector<int>> known;
  for (const double scale : settings.scales) {
    std::vector<int> sizes;
    for (const train::Layer& layer : network_of(settings, set, scale).layers) {
      sizes.push_back(layer.size);
    }
    if (known.insert(sizes).second) scales.push_back(scale);
  }
  std::sort(scales.begin(), scales.end());
  return scales;
}

train::CohortOptions cohort_options(const study::Settings& settings) {
  // A trace shows its first 100 steps: checks so many steps apart until then.
  constexpr uint64_t kTraceEarlyChecks = 5;
  return {.network = 0,
          .check_every = settings.check_every,
          .early_checks = settings.kind == study::Kind::trace ? kTraceEarlyChecks : 0,
          .budget = settings.budget};
}

std::optional<train::Images> validation_images(const study::Settings& settings,
                                               const data::ImageSet& set,
                                               const train::Network& network) {
  if (settings.kind != study::Kind::trace &&
      study::judged_metric(settings) != "validation_accuracy") {
    return std::nullopt;
  }
  const data::LabelledPixels held_out = data::split(set).validation;
  size_t count = held_out.labels.size();
  if (settings.kind == study::Kind::tune && study::is_population(settings.search)) {
    count = std::min(count, static_cast<size_t>(settings.search.population.validation_images));
  }
  const size_t pixels = held_out.pixels.size() / held_out.labels.size();
  return train::Images(network, held_out.pixels.first(count * pixels),
                       held_out.labels.first(count));
}

void require_trainable(const study::Settings& s, const data::ImageSet& set) {
  if (s.budget < 1) refuse("budget: must be at least 1 step");
  if (s.budget > 1'000'000'000) refuse("budget: must be at most 1,000,000,000 steps");
  if (s.check_every < 1) refuse("check_every: must be at least 1 step");
  if (s.seeds < 1 || s.seeds > 1000) refuse("seeds: must be from 1 to 1000");
  const size_t images = data::split(set).training.labels.size();
  if (s.batch_size < 1 || static_cast<size_t>(s.batch_size) > images) {
    refuse(fmt::format("batch_size {}: must be from 1 to the {} training images", s.batch_size,
                       images));
  }
  const bool is_trace = s.kind == study::Kind::trace;
  if (is_trace && s.configs.empty()) refuse("configs: at least one is needed");
  if (!is_trace && s.optimizers.empty()) refuse("optimizers: at least one is needed");
  const bool is_tune = s.kind == study::Kind::tune;
  if (!is_trace && !is_tune && s.target.metric.empty()) refuse("target: only a trace has none");
  require_native_target(s.target);
  const bool is_size = s.kind == study::Kind::size;
  if (is_size && s.scales.empty()) refuse("scales: at least one is needed");
  if (!is_size && !s.scales.empty()) refuse("scales: only `sweetspot size` takes them");
  if (!is_trace && !s.configs.empty()) refuse("configs: only `sweetspot trace` takes them");
  const auto semantics =
      s.semantics == "pytorch" ? train::Semantics::pytorch : train::Semantics::tensorflow;
  if (s.semantics != "pytorch" && s.semantics != "tensorflow") {
    refuse(
        unknown_name("semantics", s.semantics, std::vector<std::string>{"tensorflow", "pytorch"}));
  }
  if (s.early_stop != "auto" && s.early_stop != "on" && s.early_stop != "off") {
    refuse(unknown_name("early_stop", s.early_stop, std::vector<std::string>{"auto", "on", "off"}));
  }
  train::parse_schedule(s.schedule, s.budget);
  if (s.dropout.has_value() && !(*s.dropout >= 0 && *s.dropout < 1)) {
    refuse(fmt::format("dropout = {}: must be at least 0 and below 1", shortest(*s.dropout)));
  }
  for (const std::string& optimizer : s.optimizers) train::optimizer_index(optimizer);
  for (const auto& [optimizer, numbers] : s.numbers) {
    train::optimizer_numbers(train::optimizer_index(optimizer), semantics, numbers);
  }
  for (const std::string& optimizer : s.optimizers) {
    for (const auto& [name, values] : s.number_grid) {
      for (const double value : values) {
        train::optimizer_numbers(train::optimizer_index(optimizer), semantics, {{name, value}});
      }
    }
  }
  for (const study::TraceConfig& config : s.configs) train::optimizer_index(config.optimizer);
  if (is_tune) {
    require_searchable(s);
    if (!s.search.proxy.empty()) require_proxy(s, set);
  } else if (!is_trace) {
    space::checked_learning_rates(s.learning_rates);
  }
  network_of(s, set);
  distinct_scales(s, set);
}

int optimizer_slots(const study::Settings& settings) {
  int slots = 0;
  const auto add = [&](const std::string& optimizer) {
    const int index = train::optimizer_index(optimizer);
    slots = std::max(slots, train::optimizers()[static_cast<size_t>(index)].slots);
  };
  for (const std::string& optimizer : settings.optimizers) add(optimizer);
  for (const study::TraceConfig& config : settings.configs) add(config.optimizer);
  return slots;
}

}  // namespace sweetspot::cohorts
