#include "exchange/optuna_distribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "sweetspot/error.hpp"

namespace sweetspot::exchange {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& choice) {
  return choice.is_string() ? choice.get<std::string>() : choice.dump();
}

Json number_json(double low, double high, bool log) {
  return {{"name", "FloatDistribution"},
          {"attributes", {{"step", nullptr}, {"low", low}, {"high", high}, {"log", log}}}};
}

int64_t whole(const Json& number) {
  if (!number.is_number_integer()) {
    throw Error(ErrorKind::study,
                fmt::format("the end {} of a range of whole numbers is none", number.dump()));
  }
  return number.get<int64_t>();
}

space::Categorical choices_of(const Json& attributes) {
  space::Categorical categorical;
  std::set<std::string> known;
  for (const Json& choice : attributes.at("choices")) {
    categorical.values.push_back(text_of(choice));
    if (!known.insert(categorical.values.back()).second) {
      throw Error(ErrorKind::study,
                  fmt::format("the choice {} is there as text and as a number or constant, which a "
                              "study of sweetspot cannot tell apart",
                              categorical.values.back()));
    }
  }
  return categorical;
}

}  // namespace

std::string distribution_json(const space::Distribution& distribution) {
  if (const auto* log = std::get_if<space::LogUniform>(&distribution)) {
    return number_json(log->low, log->high, true).dump();
  }
  if (const auto* uniform = std::get_if<space::Uniform>(&distribution)) {
    return number_json(uniform->low, uniform->high, false).dump();
  }
  if (const auto* integer = std::get_if<space::Integer>(&distribution)) {
    const Json attributes = {
        {"log", integer->log}, {"step", 1}, {"low", integer->low}, {"high", integer->high}};
    return Json({{"name", "IntDistribution"}, {"attributes", attributes}}).dump();
  }
  const Json attributes = {{"choices", std::get<space::Categorical>(distribution).values}};
  return Json({{"name", "CategoricalDistribution"}, {"attributes", attributes}}).dump();
}

double number_of(const space::Distribution& distribution, const space::Value& value) {
  const auto* categorical = std::get_if<space::Categorical>(&distribution);
  if (categorical == nullptr) return std::get<double>(value);
  const std::vector<std::string>& values = categorical->values;
  return static_cast<double>(std::find(values.begin(), values.end(), std::get<std::string>(value)) -
                             values.begin());
}

std::optional<space::Value> value_of(const space::Distribution& distribution, double number) {
  const auto* categorical = std::get_if<space::Categorical>(&distribution);
  if (categorical == nullptr) return number;
  if (!(number >= 0) || number >= static_cast<double>(categorical->values.size())) {
    return std::nullopt;
  }
  return categorical->values[static_cast<size_t>(number)];
}

OptunaDistribution distribution_of(const std::string& text) {
  const Json json = Json::parse(text);
  const auto name = json.at("name").get<std::string>();
  const Json& attributes = json.at("attributes");
  if (name == "CategoricalDistribution") return {choices_of(attributes), std::nullopt};
  if (name == "FloatDistribution") {
    const double low = attributes.at("low");
    const double high = attributes.at("high");
    std::optional<double> step;
    if (!attributes.at("step").is_null()) step = attributes.at("step").get<double>();
    if (attributes.at("log").get<bool>()) return {space::LogUniform{low, high}, step};
    return {space::Uniform{low, high}, step};
  }
  if (name == "IntDistribution") {
    const double step = attributes.at("step");
    return {space::Integer{whole(attributes.at("low")), whole(attributes.at("high")),
                           attributes.at("log")},
            step == 1 ? std::nullopt : std::optional(step)};
  }
  throw Error(ErrorKind::study,
              fmt::format("unknown distribution '{}'; known: FloatDistribution, IntDistribution, "
                          "CategoricalDistribution",
                          name));
}

std::string choice_text(const std::string& json) {
  return text_of(Json::parse(json));
}

}  // namespace sweetspot::exchange
