#include "train/optimizer.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "sweetspot/error.hpp"
#include "train/optimizers/list.hpp"

namespace sweetspot::train {
namespace {

template <class Optimizer>
constexpr OptimizerInfo info_of() {
  return {.name = Optimizer::kName,
          .numbers = Optimizer::kNumbers,
          .usual_rates = Optimizer::kUsualRates,
          .untuned_rate = Optimizer::kUntunedRate,
          .slots = Optimizer::kSlots,
          .evaluated_slot = Optimizer::kEvaluatedSlot,
          .has_sums = Optimizer::kHasSums,
          .has_second_pass = Optimizer::kHasSecondPass,
          .initial_slots = Optimizer::initial_slots,
          .initial_scalars = Optimizer::initial_scalars,
          .coefficients = Optimizer::coefficients,
          .after_sums = Optimizer::after_sums};
}

#define SWEETSPOT_INFO(Optimizer) info_of<Optimizer>(),
constexpr OptimizerInfo kOptimizers[] = {SWEETSPOT_FOR_EACH_OPTIMIZER(SWEETSPOT_INFO)};
#undef SWEETSPOT_INFO

}  // namespace

std::span<const OptimizerInfo> optimizers() {
  return kOptimizers;
}

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const OptimizerInfo& info : kOptimizers) names.emplace_back(info.name);
  return names;
}

std::vector<std::string> experiment_optimizers() {
  return {"gd", "momentum", "adagrad", "adadelta", "rmsprop", "adam"};
}

int optimizer_index(std::string_view name) {
  int index = 0;
  for (const OptimizerInfo& info : kOptimizers) {
    if (info.name == name) return index;
    ++index;
  }
  throw Error(ErrorKind::usage, unknown_name("optimizer", name, optimizer_names()));
}

std::vector<double> optimizer_numbers(int optimizer, Semantics semantics,
                                      const std::map<std::string, double>& overrides) {
  const OptimizerInfo& info = kOptimizers[optimizer];
  std::vector<double> values;
  std::vector<std::string> names;
  for (const OptimizerNumber& number : info.numbers) {
    names.emplace_back(number.name);
    values.push_back(semantics == Semantics::tensorflow ? number.tensorflow_default
                                                        : number.pytorch_default);
    const auto found = overrides.find(names.back());
    if (found == overrides.end()) continue;
    if (!(found->second >= number.low && found->second < number.high)) {
      throw Error(ErrorKind::usage, fmt::format("{}.{} = {}: must be at least {} and below {}",
                                                info.name, number.name, shortest(found->second),
                                                shortest(number.low), shortest(number.high)));
    }
    values.back() = found->second;
  }
  for (const auto& [name, value] : overrides) {
    bool known = false;
    for (const std::string& candidate : names) known = known || candidate == name;
    if (known) continue;
    if (names.empty()) {
      throw Error(ErrorKind::usage,
                  fmt::format("{} has no number '{}': it has none", info.name, name));
    }
    throw Error(ErrorKind::usage,
                unknown_name(fmt::format("number of {}", info.name), name, names));
  }
  return values;
}

}  // namespace sweetspot::train
