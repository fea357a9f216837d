// What a study of a user's own program was asked to do. Thread-safety: plain values.
#pragma once

#include <map>
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
  // Numbers of lists that arrive at the program otherwise than in their shortest form, by
  // parameter: as they were written.
  std::map<std::string, std::map<double, std::string>> written = {};
  // Studies of earlier versions know only the shortest form, and go on with it.
  bool as_written = true;
  bool operator==(const CommandSettings&) const = default;
};

// Puts a parameter into the grid, in the place of one of its name. From text: NAME=, and then
// "low:high:per-decade" for numbers that are even in the logarithm, or a list of numbers or words.
// Throws Error (usage).
void add_grid_parameter(const std::string& assignment, CommandSettings& settings);
void add_grid_parameter(space::GridParameter parameter, CommandSettings& settings);
// Words as they were written: numbers where all are, and no two the same one; else texts.
void add_grid_parameter(const std::string& name, const std::vector<std::string>& words,
                        CommandSettings& settings);

// Keeps how a list of numbers was written, "1e-3,0.50", for the parameter that has them.
void keep_written(const std::string& name, const std::vector<std::string>& words,
                  CommandSettings& settings);

// A config with its values as the program gets them.
space::Config as_written(const CommandSettings& settings, space::Config config);

// What `wanted` means in a study that was begun as `kept`, whose numbers may be in their shortest
// form.
CommandSettings as_begun(const CommandSettings& kept, CommandSettings wanted);

// `kept` with the values that `wanted` has besides: those that arrive differently. The parameters
// are the same.
CommandSettings with_grid_of(const CommandSettings& kept, const CommandSettings& wanted);

// JSON text, for the study file. from_json throws Error (study).
std::string to_json(const CommandSettings& settings);
CommandSettings command_settings_from_json(const std::string& text);

// As lines of a study file.
std::string keys_toml(const CommandSettings& settings);
std::string grid_toml(const CommandSettings& settings);

}  // namespace sweetspot::study
