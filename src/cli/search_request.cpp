#include "cli/search_request.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/text.hpp"
#include "search/methods.hpp"
#include "search/population/pbt.hpp"
#include "space/space_file.hpp"
#include "sweetspot/error.hpp"
#include "train/optimizer.hpp"

namespace sweetspot::cli {
namespace {

space::Parameter* find(std::vector<space::Parameter>& parameters, const std::string& name) {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [&](const space::Parameter& p) { return p.name == name; });
  return found == parameters.end() ? nullptr : &*found;
}

}  // namespace

space::LogUniform parse_rate_range(const std::string& text) {
  const std::vector<std::string> ends = split(text, ':');
  const double low = parse_number(ends.front()).value_or(0);
  const double high = ends.size() == 2 ? parse_number(ends.back()).value_or(0) : 0;
  if (!(low > 0) || !(low < high)) {
    throw Error(
        ErrorKind::usage,
        fmt::format("learning rates '{}': write low:high, as 1e-6:100, with 0 < low < high", text));
  }
  return {low, high};
}

void declare_search_flags(CLI::App& command, SearchFlags& flags) {
  command.add_option("--method", flags.method,
                     fmt::format("{} [auto]", join(search::method_names(), ", ")));
  command.add_option(
      "--cost", flags.cost,
      "Of the whole search: steps as 40000, full trainings (times --budget) as 5x, or "
      "trials as 40t [5x]");
  command.add_option("--objective", flags.objective,
                     "steps-to-target, or best:METRIC as best:validation_accuracy within the "
                     "budget [steps-to-target]");
  command.add_option("--space", flags.space,
                     "A file of the parameters that may vary (docs/search.md); or the next two");
  command.add_option(
      "--optimizers", flags.optimizers,
      fmt::format("all, or a list of {} [the first six]", join(train::optimizer_names(), ",")));
  command.add_option("--learning-rates", flags.learning_rates, "low:high [1e-6:100]");
  command.add_option("--round", flags.round,
                     "Trials that are proposed at once; 1 is one after the other [16]");
  command.add_option(
      "--proxy", flags.proxy,
      "A smaller named network that is searched first, for at most half of the cost; "
      "its steps count by their operations");
  const study::PopulationSettings p;
  command.add_option("--population", flags.population,
                     fmt::format("pbt: members that train side by side [{}]", p.size));
  command.add_option("--ready", flags.ready,
                     "pbt: steps between two judgements of a member [a fortieth of --budget]");
  command.add_option(
      "--exploit", flags.exploit,
      fmt::format("pbt: who copies whom: {} [{}]", join(search::exploit_names(), ", "), p.exploit));
  command.add_option("--explore", flags.explore,
                     fmt::format("pbt: how a copy's numbers change: {} [{}]",
                                 join(search::explore_names(), ", "), p.explore));
  command.add_option("--validation-images", flags.validation_images,
                     fmt::format("pbt: images that an evaluation looks at, where the metric is "
                                 "validation_accuracy [{}]",
                                 p.validation_images));
}

std::vector<space::Parameter> space_of(const std::vector<std::string>& optimizers,
                                       const std::string& rates) {
  return {{"optimizer", space::Categorical{optimizers}},
          {"learning_rate", parse_rate_range(rates)}};
}

void set_space(std::vector<space::Parameter> parameters, study::Settings& settings) {
  settings.optimizers.clear();
  if (const space::Parameter* optimizer = find(parameters, "optimizer"); optimizer != nullptr) {
    if (const auto* choices = std::get_if<space::Categorical>(&optimizer->distribution)) {
      settings.optimizers = choices->values;
    }
  }
  settings.search.space = std::move(parameters);
}

namespace {

int whole(const char* flag, int64_t value, int64_t low) {
  constexpr int64_t kMost = 1'000'000;
  if (value >= low && value <= kMost) return static_cast<int>(value);
  throw Error(ErrorKind::usage,
              fmt::format("--{} {}: must be from {} to {}", flag, value, low, kMost));
}

void apply_population_flags(const SearchFlags& flags, study::SearchSettings& search) {
  const bool any =
      flags.population || flags.ready || flags.exploit || flags.explore || flags.validation_images;
  if (any && !study::is_population(search)) {
    throw Error(
        ErrorKind::usage,
        fmt::format("--population, --ready, --exploit, --explore and --validation-images go "
                    "with --method pbt, not with {}",
                    search.method));
  }
  study::PopulationSettings& p = search.population;
  if (flags.population) p.size = whole("population", *flags.population, 2);
  if (flags.ready) p.ready = static_cast<uint64_t>(whole("ready", *flags.ready, 0));
  if (flags.exploit) p.exploit = *flags.exploit;
  if (flags.explore) p.explore = *flags.explore;
  if (flags.validation_images) {
    p.validation_images = whole("validation-images", *flags.validation_images, 1);
  }
}

}  // namespace

void apply_search_flags(const SearchFlags& flags, StudyRequest& request) {
  study::Settings& s = request.settings;
  if (flags.cost) request.given.insert("cost");
  if (flags.round) request.given.insert("round");
  if (flags.proxy) request.given.insert("proxy");
  if (flags.validation_images) request.given.insert("validation_images");
  if (flags.method) s.search.method = *flags.method;
  if (flags.cost) s.search.cost = *flags.cost;
  if (flags.objective) s.search.objective = study::parse_objective(*flags.objective);
  if (flags.round) {
    s.search.round = whole("round", *flags.round, 1);
  }
  if (flags.proxy) s.search.proxy = *flags.proxy;
  apply_population_flags(flags, s.search);
  if (flags.space && (flags.optimizers || flags.learning_rates)) {
    throw Error(
        ErrorKind::usage,
        "--space: says what --optimizers and --learning-rates would; give one or the other");
  }
  if (flags.space) set_space(space::read_space_file(*flags.space), s);
  std::vector<space::Parameter> parameters = s.search.space;
  if (flags.optimizers) {
    const space::Categorical choices = {with_all_optimizers(split(*flags.optimizers, ','))};
    if (space::Parameter* optimizer = find(parameters, "optimizer"); optimizer != nullptr) {
      optimizer->distribution = choices;
    }
  }
  if (flags.learning_rates) {
    if (space::Parameter* rate = find(parameters, "learning_rate"); rate != nullptr) {
      rate->distribution = parse_rate_range(*flags.learning_rates);
    }
  }
  set_space(std::move(parameters), s);
}

}  // namespace sweetspot::cli
