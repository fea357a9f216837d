// What a search over a space was asked to do. Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sweetspot/space.hpp"

namespace sweetspot::study {

// What a search may take: steps, or a number of trials (0: no limit).
struct SearchCost {
  uint64_t steps = 0;
  uint64_t trials = 0;
  bool operator==(const SearchCost&) const = default;
};

// What a search looks for: the fewest steps to the study's target, or the best of a metric within
// the budget.
struct Objective {
  bool steps_to_target = true;
  std::string metric;     // of the best
  bool minimize = false;  // the best is the least
  bool operator==(const Objective&) const = default;
};

// Of population-based training.
struct PopulationSettings {
  int size = 16;
  uint64_t ready = 0;  // steps between exploits; 0: a fortieth of the budget
  std::string exploit = "truncation";
  std::string explore = "perturb";
  int validation_images = 1000;  // that an evaluation looks at; where it looks at any
  bool operator==(const PopulationSettings&) const = default;
};

// The metric, beside those of the checks, that a search's confirmed config has one observation of.
inline constexpr const char* kTestAccuracy = "test_accuracy";
// The note of a trial that a search went on without.
inline constexpr const char* kDropped = "dropped by the search";

struct SearchSettings {
  std::string method = "auto";
  Objective objective;
  std::string cost = "5x";
  int round = 16;  // trials that are proposed at once
  PopulationSettings population;
  std::string proxy;  // a named network that is searched first; empty: none
  std::vector<space::Parameter> space;
  bool operator==(const SearchSettings&) const = default;
};

// Whether the search is population-based training: its members train side by side.
bool is_population(const SearchSettings& settings);

// "40000" (steps), "5x" (times the budget), "40t" (trials). Throws Error (usage): no such text, or
// less than one training.
SearchCost parse_cost(std::string_view text, uint64_t budget);

// "steps-to-target", "best:METRIC", or "least:METRIC". Throws Error (usage).
Objective parse_objective(std::string_view text);
std::string text_of(const Objective& objective);

// JSON text, for the study file. from_json throws Error (study).
std::string to_json(const SearchSettings& settings);
SearchSettings search_settings_from_json(const std::string& text);

// As lines of a study file: the keys, then the tables of the space.
std::string keys_toml(const SearchSettings& settings);

}  // namespace sweetspot::study
