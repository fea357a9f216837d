#include "study/search_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "base/toml_reader.hpp"
#include "space/space_file.hpp"
#include "study/settings.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::study {
namespace {

constexpr double kMostCost = 1e15;
// In a round, or a population.
constexpr uint64_t kMostTrials = 1'000'000;
constexpr std::string_view kBest = "best:";
constexpr std::string_view kLeast = "least:";

[[noreturn]] void refuse_cost(std::string_view text, const std::string& what) {
  throw Error(ErrorKind::usage, fmt::format("cost '{}': {}", text, what));
}

}  // namespace

SearchCost parse_cost(std::string_view text, uint64_t budget) {
  const char unit = text.empty() ? ' ' : text.back();
  const bool has_unit = unit == 'x' || unit == 't';
  const std::optional<double> number =
      parse_number(has_unit ? text.substr(0, text.size() - 1) : text);
  if (!number.has_value()) {
    refuse_cost(text, "write steps as 40000, full trainings as 5x, or trials as 40t");
  }
  if (!(*number > 0) || *number > kMostCost) refuse_cost(text, "must be above 0, and at most 1e15");
  if (unit == 't') {
    if (*number != std::floor(*number)) refuse_cost(text, "must be a whole number of trials");
    return {.steps = 0, .trials = static_cast<uint64_t>(*number)};
  }
  const double steps = unit == 'x' ? *number * static_cast<double>(budget) : *number;
  if (steps < static_cast<double>(budget)) {
    refuse_cost(text, fmt::format("is less than one training of {} steps",
                                  with_thousands(static_cast<long long>(budget))));
  }
  return {.steps = static_cast<uint64_t>(std::llround(std::min(steps, kMostCost))), .trials = 0};
}

Objective parse_objective(std::string_view text) {
  if (text == "steps-to-target") return {};
  for (const std::string_view best : {kBest, kLeast}) {
    if (!text.starts_with(best) || text.size() == best.size()) continue;
    return {.steps_to_target = false,
            .metric = std::string(text.substr(best.size())),
            .minimize = best == kLeast};
  }
  throw Error(ErrorKind::usage,
              fmt::format("objective '{}': write steps-to-target, or best:METRIC as "
                          "best:validation_accuracy",
                          text));
}

std::string text_of(const Objective& objective) {
  if (objective.steps_to_target) return "steps-to-target";
  return std::string(objective.minimize ? kLeast : kBest) + objective.metric;
}

bool is_population(const SearchSettings& settings) {
  return settings.method == "pbt";
}

std::string to_json(const SearchSettings& settings) {
  Json json = {{"method", settings.method},
               {"objective", text_of(settings.objective)},
               {"cost", settings.cost},
               {"round", settings.round},
               {"space", space::to_toml(settings.space)}};
  if (!settings.proxy.empty()) json["proxy"] = settings.proxy;
  if (is_population(settings)) {
    const PopulationSettings& p = settings.population;
    json["population"] = {{"size", p.size},
                          {"ready", p.ready},
                          {"exploit", p.exploit},
                          {"explore", p.explore},
                          {"validation_images", p.validation_images}};
  }
  return json_text(json);
}

namespace {

PopulationSettings population_of(const Json& object) {
  const JsonFields json(object);
  PopulationSettings population;
  population.size = json.whole<int>("size", 1, kMostTrials);
  population.ready = json.whole<uint64_t>("ready", 0, std::numeric_limits<int64_t>::max());
  population.exploit = json.text("exploit");
  population.explore = json.text("explore");
  population.validation_images =
      json.whole<int>("validation_images", 0, std::numeric_limits<int>::max());
  return population;
}

}  // namespace

SearchSettings search_settings_from_json(const std::string& text) {
  try {
    const Json object = parse_json(text);
    const JsonFields json(object);
    SearchSettings settings;
    settings.method = json.text("method");
    settings.objective = parse_objective(json.text("objective"));
    settings.cost = json.text("cost");
    settings.round = json.whole<int>("round", 1, kMostTrials);
    if (json.find("proxy") != nullptr) settings.proxy = json.text("proxy");
    if (const Json* population = json.find("population"); population != nullptr) {
      settings.population = population_of(*population);
    }
    TomlReader reader("its space");
    const toml::table tables = reader.parse(json.text("space"));
    if (const toml::node* space = tables.get("space"); space != nullptr) {
      settings.space = space::read_parameters(reader, *space);
      // A study that says nothing was begun with six, whatever its range would get today.
      for (space::Parameter& parameter : settings.space) {
        const toml::node* own = space->as_table()->get(parameter.name);
        if (!own->as_table()->contains("digits")) space::set_digits(parameter.distribution, 6);
      }
    }
    return settings;
  } catch (const Error& error) {
    throw Error(ErrorKind::study, fmt::format("the study's search is damaged: {}", error.what()));
  }
}

std::string keys_toml(const SearchSettings& settings) {
  std::string text = fmt::format(
      "method = {}\nobjective = {}\ncost = {}\nround = {}\n", toml_string(settings.method),
      toml_string(text_of(settings.objective)), toml_string(settings.cost), settings.round);
  if (!settings.proxy.empty()) text += fmt::format("proxy = {}\n", toml_string(settings.proxy));
  if (is_population(settings)) {
    const PopulationSettings& p = settings.population;
    text += fmt::format(
        "population = {}\nready = {}\nexploit = {}\nexplore = {}\nvalidation_images = {}\n", p.size,
        p.ready, toml_string(p.exploit), toml_string(p.explore), p.validation_images);
  }
  return text;
}

}  // namespace sweetspot::study
