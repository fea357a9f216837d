// What a study is drawn by. Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "study/settings.hpp"

namespace sweetspot::study {

// The parameters by which a study is drawn and summed up: a choice, a line for each of its values,
// over a number.
struct Axes {
  std::string group;   // a categorical; empty: there is none
  std::string number;  // empty: there is none
  bool is_log = true;
  bool operator==(const Axes&) const = default;
};

// The parameters that the study is drawn by: the optimizer and its learning rate where it has them.
Axes axes_of(const Settings& settings);

// A config's place on them: its choice ("all" where no parameter is one), and its number (0 where
// there is none).
std::string group_in(const Axes& axes, const space::Config& config);
double number_in(const Axes& axes, const space::Config& config);

// The values of the choice that the study is drawn by: what stands for its optimizers.
std::vector<std::string> groups_of(const Settings& settings);

// Whether configs differ in more than the axes show.
bool has_more_parameters(const Settings& settings);

}  // namespace sweetspot::study
