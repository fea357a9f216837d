// Spaces as people write them, in TOML:
//   [space.learning_rate]
//   type = "log"              # or "uniform", "integer", "log-integer", "categorical"
//   low = 1e-6
//   high = 100
//   [space.optimizer]
//   type = "categorical"
//   values = ["adam", "rmsprop"]   # or numbers, true and false, each as it is written
//   [space.decay]
//   type = "uniform"
//   low = 0.5
//   high = 0.999
//   when = {optimizer = ["rmsprop"]}
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/toml_reader.hpp"
#include "sweetspot/space.hpp"

namespace sweetspot::space {

// The parameters of the table `space`, in the order in which they stand. Throws Error (usage) with
// file, line and key.
std::vector<Parameter> read_parameters(TomlReader& reader, const toml::node& table);

// A file that holds such tables and nothing else, or its text; `name` stands for it in messages.
std::vector<Parameter> read_space_file(const std::string& file);
std::vector<Parameter> parse_space(const std::string& name, std::string_view text);

// Gives the values of a range so many significant digits; nothing else has any.
void set_digits(Distribution& distribution, int digits);

// Digits stand in it where they are not six.
std::string to_toml(const std::vector<Parameter>& parameters);

}  // namespace sweetspot::space
