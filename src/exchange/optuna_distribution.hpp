// A parameter's distribution as the JSON text that Optuna keeps with each value.
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sweetspot/space.hpp"

namespace sweetspot::exchange {

std::string distribution_json(const space::Distribution& distribution);

// The number that Optuna keeps for a value: a choice's index, or the number itself.
double number_of(const space::Distribution& distribution, const space::Value& value);
// None for a choice that there is not, or a number that is not in the range.
std::optional<space::Value> value_of(const space::Distribution& distribution, double number);

struct OptunaDistribution {
  space::Distribution distribution;  // choices that are no text stand as their JSON
  std::optional<double> step;        // that its numbers go in; none where that is no restriction
};

// Throws Error (study) for a text of another form, a kind of distribution that is unknown, or
// choices that only their types tell apart.
OptunaDistribution distribution_of(const std::string& json);

// The choice as text: a JSON string's own, else the JSON. Throws Error (study) for what is no JSON.
std::string choice_text(const std::string& json);

}  // namespace sweetspot::exchange
