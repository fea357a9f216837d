// The optimizers that the population trainer knows: their numbers and defaults, and what a step
// needs. The update rules themselves are one file each in optimizers/. Thread-safety: pure
// functions over constant tables.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sweetspot::train {

// Whose update rule and default numbers: a learning rate only carries over to a framework whose
// rule is the same. tensorflow is TensorFlow 1's tf.train, pytorch is torch.optim.
enum class Semantics { tensorflow, pytorch };

struct OptimizerNumber {
  std::string_view name;
  double tensorflow_default;
  double pytorch_default;
  double low;   // smallest allowed value
  double high;  // values must be below it
};

// Two values are kept for each weight; a rule uses none, one or both.
constexpr int kOptimizerSlots = 2;

// Per-step constants of a rule, the same for all weights of a trial.
constexpr int kOptimizerCoefficients = 6;
using OptimizerCoefficients = std::array<float, kOptimizerCoefficients>;

struct OptimizerStep {
  double learning_rate;
  std::span<const double> numbers;  // in the order of OptimizerInfo::numbers
  Semantics semantics;
  // numbers[i] to the power of the step (from 1), by repeated multiplication: no libm call, whose
  // last bit differs from machine to machine, decides a trial's numbers.
  std::span<const double> powers;
};

// The rates that usually train within thousands of steps. Only the order of admission depends on
// them, no result does.
struct UsualRates {
  double lowest;
  double highest;
};

struct OptimizerInfo {
  std::string_view name;
  std::span<const OptimizerNumber> numbers;
  UsualRates usual_rates;
  std::array<float, kOptimizerSlots> (*initial_slots)(std::span<const double> numbers,
                                                      Semantics semantics);
  OptimizerCoefficients (*coefficients)(const OptimizerStep& step);
};

// All optimizers, in the order of the experiment's figures.
std::span<const OptimizerInfo> optimizers();
std::vector<std::string> optimizer_names();

// Index into optimizers(). Throws Error (usage) with the nearest known name.
int optimizer_index(std::string_view name);

// The numbers of an optimizer in the order of its table: defaults of `semantics`, then overrides.
// Throws Error (usage) for an unknown number or a value out of its range.
std::vector<double> optimizer_numbers(int optimizer, Semantics semantics,
                                      const std::map<std::string, double>& overrides);

}  // namespace sweetspot::train
