// The optimizers that the population trainer knows: their numbers and defaults, and what a step
// needs. The update rules themselves are one file each in optimizers/. Thread-safety: pure
// functions over constant tables.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
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

// The most values that a rule keeps for each weight; most need fewer.
constexpr int kOptimizerSlots = 4;

// In initial_slots(): the slot starts as a copy of the weight.
constexpr float kStartsAtWeight = std::numeric_limits<float>::quiet_NaN();

// Per-step constants of a rule, the same for all weights of a trial.
constexpr int kOptimizerCoefficients = 8;
using OptimizerCoefficients = std::array<float, kOptimizerCoefficients>;

// Sums over all weights of a trial that a rule may ask for, for instance a norm of the gradient.
constexpr int kOptimizerSums = 3;
using OptimizerSums = std::array<double, kOptimizerSums>;

struct OptimizerStep {
  uint64_t step;                    // from 1
  double learning_rate;             // times the schedule's factor
  std::span<const double> numbers;  // in the order of OptimizerInfo::numbers
  Semantics semantics;
  // numbers[i] to the power of the step, by repeated multiplication: no libm call, whose last bit
  // differs from machine to machine, decides a trial's numbers.
  std::span<const double> powers;
  std::span<double> scalars;  // the rule's own, kept from step to step
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
  // The rate that its authors mean to serve everywhere; 0 where a rate has to be found.
  double untuned_rate;
  int slots;           // of kOptimizerSlots
  int evaluated_slot;  // the weights to judge the network by; -1: those that are trained
  bool has_sums;
  bool has_second_pass;
  std::array<float, kOptimizerSlots> (*initial_slots)(std::span<const double> numbers,
                                                      Semantics semantics);
  std::vector<double> (*initial_scalars)(std::span<const double> numbers);
  // Before a step; may change the scalars.
  OptimizerCoefficients (*coefficients)(const OptimizerStep& step);
  // After it, where the rule has sums: may change the scalars; gives the second pass's
  // coefficients.
  OptimizerCoefficients (*after_sums)(const OptimizerStep& step, const OptimizerSums& sums);
};

// What a rule is unless it says otherwise.
struct OptimizerDefaults {
  static constexpr double kUntunedRate = 0;
  static constexpr int kSlots = 0;
  static constexpr int kEvaluatedSlot = -1;
  static constexpr bool kHasSums = false;
  static constexpr bool kHasSecondPass = false;

  static std::array<float, kOptimizerSlots> initial_slots(std::span<const double>, Semantics) {
    return {};
  }
  static std::vector<double> initial_scalars(std::span<const double>) { return {}; }
  static OptimizerCoefficients after_sums(const OptimizerStep&, const OptimizerSums&) { return {}; }
};

// All optimizers: the experiment's six in the order of its figures, then the others.
std::span<const OptimizerInfo> optimizers();
std::vector<std::string> optimizer_names();
// The experiment's six.
std::vector<std::string> experiment_optimizers();

// Index into optimizers(). Throws Error (usage) with the nearest known name.
int optimizer_index(std::string_view name);

// The numbers of an optimizer in the order of its table: defaults of `semantics`, then overrides.
// Throws Error (usage) for an unknown number or a value out of its range.
std::vector<double> optimizer_numbers(int optimizer, Semantics semantics,
                                      const std::map<std::string, double>& overrides);

}  // namespace sweetspot::train
