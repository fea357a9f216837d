#include "cohorts/lane_recipe.hpp"

#include "train/optimizer.hpp"

namespace sweetspot::cohorts {

train::LaneRecipe recipe_of(const study::Settings& settings, const train::Schedule& schedule,
                            const study::Trial& trial) {
  const std::string& optimizer = space::choice_in(trial.config, "optimizer");
  train::LaneRecipe recipe;
  recipe.optimizer = train::optimizer_index(optimizer);
  recipe.learning_rate = space::number_in(trial.config, "learning_rate");
  recipe.semantics =
      settings.semantics == "pytorch" ? train::Semantics::pytorch : train::Semantics::tensorflow;
  const auto numbers = settings.numbers.find(optimizer);
  std::map<std::string, double> given;
  if (numbers != settings.numbers.end()) given = numbers->second;
  for (const auto& [name, value] : trial.config) {
    const bool is_number = name != "learning_rate" && name != "scale";
    if (is_number && std::holds_alternative<double>(value)) given[name] = std::get<double>(value);
  }
  recipe.numbers = train::optimizer_numbers(recipe.optimizer, recipe.semantics, given);
  recipe.seed = trial.seed;
  recipe.schedule = schedule;
  return recipe;
}

}  // namespace sweetspot::cohorts
