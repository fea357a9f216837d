// What a study of a user's own program was asked to do. Thread-safety: plain values.
#pragma once

#include <string>
#include <vector>

#include "space/grid.hpp"
#include "sweetspot/space.hpp"

namespace sweetspot::study {

struct CommandSettings {
  std::string command;  // with placeholders (command/argument_template.hpp)
  bool shell = false;
  std::string metric_pattern;  // beside reports as JSON; empty: none
  // Whether a training ends by itself: nobody said how many steps a full one has, and what the
  // program reports at its end is its result.
  bool own_budget = true;
  std::vector<space::GridParameter> grid;  // of a sweep: every combination
  bool operator==(const CommandSettings&) const = default;
};

// A grid parameter's, from text: "low:high:per-decade" for numbers that are even in the logarithm,
// or a list of numbers or words. Throws Error (usage).
space::GridParameter parse_grid_parameter(const std::string& assignment);

// JSON text, for the study file. from_json throws Error (study).
std::string to_json(const CommandSettings& settings);
CommandSettings command_settings_from_json(const std::string& text);

// As lines of a study file.
std::string keys_toml(const CommandSettings& settings);
std::string grid_toml(const std::vector<space::GridParameter>& grid);

}  // namespace sweetspot::study
