// Grids: the values that each parameter of a space takes, and their product.
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sweetspot/config.hpp"

namespace sweetspot::space {

struct GridParameter {
  std::string name;
  std::vector<Value> values;
  bool operator==(const GridParameter&) const = default;
};

// All combinations, the last parameter varying fastest.
std::vector<Config> product(const std::vector<GridParameter>& parameters);

// Learning rates from `low` to `high`, `per_decade` to a decade and evenly spaced in the logarithm,
// both ends included; each rounded to six significant digits, so that it reads back the same
// everywhere. Throws Error (usage) unless 0 < low < high, 1 <= per_decade <= 1000 and a whole
// number of steps leads from low to high.
std::vector<double> log_spaced(double low, double high, int per_decade);

// "1e-6:100:6" (low:high:per-decade) or "1e-3,1e-2"; ascending, without repeats. Throws Error
// (usage) for anything that is not a positive finite rate.
std::vector<double> parse_learning_rates(std::string_view text);

// Scales of a network: "1:10:0.25" (low:high:step, both ends) or "1,2.5,10"; ascending, without
// repeats. Throws Error (usage) for one that is not positive and finite, or for a range that is
// reversed or has no whole number of steps.
std::vector<double> parse_scales(std::string_view text);

// Sorts, and refuses a rate that is not positive and finite.
std::vector<double> checked_learning_rates(std::vector<double> rates);

}  // namespace sweetspot::space
