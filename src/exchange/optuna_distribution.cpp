#include "exchange/optuna_distribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::exchange {
namespace {

constexpr double kMost = std::numeric_limits<double>::max();
// Of a range, for a value that was computed in steps.
constexpr double kRounding = 1e-9;

std::string text_of(const Json& choice) {
  return choice.is_string() ? choice.get<std::string>() : choice.dump();
}

Json number_json(double low, double high, bool log) {
  return {{"name", "FloatDistribution"},
          {"attributes", {{"step", nullptr}, {"low", low}, {"high", high}, {"log", log}}}};
}

int64_t whole(const JsonFields& attributes, const char* key) {
  constexpr auto kMostWhole = static_cast<double>(space::kMostInteger);
  const double number = attributes.number(key, -kMostWhole, kMostWhole);
  if (number != std::floor(number)) {
    throw Error(ErrorKind::study,
                fmt::format("the end {} of a range of whole numbers is none", shortest(number)));
  }
  return static_cast<int64_t>(number);
}

// None where it is null.
std::optional<double> step_in(const JsonFields& attributes) {
  if (attributes.find("step") == nullptr) return std::nullopt;
  return attributes.number("step", 0, kMost);
}

space::Categorical choices_of(const JsonFields& attributes) {
  const Json& choices = attributes.at("choices");
  if (!choices.is_array()) throw Error(ErrorKind::study, "choices is no list");
  space::Categorical categorical;
  std::set<std::string> known;
  for (const Json& choice : choices) {
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
  return static_cast<double>(std::find(values.begin(), values.end(), space::text_of(value)) -
                             values.begin());
}

std::optional<space::Value> value_of(const space::Distribution& distribution, double number) {
  return std::visit(
      [&](const auto& kind) -> std::optional<space::Value> {
        using Kind = std::decay_t<decltype(kind)>;
        if constexpr (std::is_same_v<Kind, space::Categorical>) {
          const auto choices = static_cast<double>(kind.values.size());
          if (!(number >= 0) || number >= choices) return std::nullopt;
          return kind.values[static_cast<size_t>(number)];
        } else {
          const auto low = static_cast<double>(kind.low);
          const auto high = static_cast<double>(kind.high);
          const double slack = kRounding * (high - low);
          if (!(number >= low - slack && number <= high + slack)) return std::nullopt;
          if constexpr (std::is_same_v<Kind, space::Integer>) {
            if (number != std::floor(number)) return std::nullopt;
          }
          if constexpr (std::is_same_v<Kind, space::LogUniform>) {
            if (!(number > 0)) return std::nullopt;
          }
          return number;
        }
      },
      distribution);
}

OptunaDistribution distribution_of(const std::string& text) {
  const Json object = parse_json(text);
  const JsonFields json(object);
  const std::string name = json.text("name");
  const JsonFields attributes(json.at("attributes"));
  if (name == "CategoricalDistribution") return {choices_of(attributes), std::nullopt};
  if (name == "FloatDistribution") {
    const double low = attributes.number("low", -kMost, kMost);
    const double high = attributes.number("high", -kMost, kMost);
    const std::optional<double> step = step_in(attributes);
    if (attributes.flag("log")) return {space::LogUniform{low, high}, step};
    return {space::Uniform{low, high}, step};
  }
  if (name == "IntDistribution") {
    const std::optional<double> step = step_in(attributes);
    return {
        space::Integer{whole(attributes, "low"), whole(attributes, "high"), attributes.flag("log")},
        step == 1 ? std::nullopt : step};
  }
  throw Error(ErrorKind::study,
              fmt::format("unknown distribution '{}'; known: FloatDistribution, IntDistribution, "
                          "CategoricalDistribution",
                          printable(name)));
}

std::string choice_text(const std::string& json) {
  return text_of(parse_json(json));
}

}  // namespace sweetspot::exchange
