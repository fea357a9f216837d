#include "search/methods.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "search/fixed/grid_search.hpp"
#include "search/fixed/random_search.hpp"
#include "search/fixed/sobol_search.hpp"
#include "search/model_based/gp_search.hpp"
#include "search/model_based/tpe.hpp"
#include "search/model_based/valley_search.hpp"
#include "search/multi_fidelity/halving.hpp"
#include "search/multi_fidelity/median_search.hpp"
#include "search/population/pbt.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::search {
namespace {

using Maker = std::unique_ptr<Search> (*)(const space::Space&, const RoundOptions&);

struct Method {
  const char* name;
  const char* about;
  Maker make;
  bool judges_on_the_way = false;
};

// Full trainings that the cost pays for.
size_t trials_of(const RoundOptions& options) {
  if (options.cost.trials > 0) return options.cost.trials;
  return static_cast<size_t>(std::max<uint64_t>(1, options.cost.steps / options.budget));
}

std::unique_ptr<Search> make_pbt(const space::Space&, const RoundOptions& options) {
  constexpr uint64_t kGenerations = 40;
  const study::PopulationSettings& p = options.population;
  PbtOptions pbt;
  pbt.population = static_cast<size_t>(std::max(p.size, 0));
  const auto checks = [&](uint64_t steps) {
    return std::max<uint64_t>(1, steps / options.check_every) * options.check_every;
  };
  pbt.ready = checks(p.ready > 0 ? p.ready : options.budget / kGenerations);
  const uint64_t all =
      options.cost.steps > 0 ? options.cost.steps : options.cost.trials * options.budget;
  const uint64_t each = all / std::max<uint64_t>(1, pbt.population);
  pbt.steps = std::min(options.budget, each / options.check_every * options.check_every);
  pbt.exploit = exploit_of(p.exploit);
  pbt.explore = explore_of(p.explore);
  return std::make_unique<PbtSearch>(std::move(pbt));
}

std::unique_ptr<Search> make_auto(const space::Space& space, const RoundOptions& options) {
  if (options.own_budget) return std::make_unique<GpSearch>();
  if (ValleySearch::takes(space)) return std::make_unique<ValleySearch>(space);
  return std::make_unique<HalvingSearch>(HalvingSearch::Kind::one_bracket);
}

const std::vector<Method>& methods() {
  static const std::vector<Method> all = {
      {"auto",
       "screens all choices, then narrows their valleys; halving in other spaces; gp where "
       "trainings "
       "end by themselves",
       make_auto},
      {"grid", "an even grid, as fine as the cost allows for",
       [](const space::Space&, const RoundOptions& options) -> std::unique_ptr<Search> {
         return std::make_unique<GridSearch>(trials_of(options));
       }},
      {"random", "every parameter drawn from its distribution",
       [](const space::Space&, const RoundOptions&) -> std::unique_ptr<Search> {
         return std::make_unique<RandomSearch>();
       }},
      {"qmc", "scrambled Sobol points, more even than random ones",
       [](const space::Space&, const RoundOptions&) -> std::unique_ptr<Search> {
         return std::make_unique<SobolSearch>();
       }},
      {"tpe", "tree-structured Parzen estimator",
       [](const space::Space&, const RoundOptions&) -> std::unique_ptr<Search> {
         return std::make_unique<TpeSearch>();
       }},
      {"gp", "Bayesian optimization with Gaussian processes",
       [](const space::Space&, const RoundOptions&) -> std::unique_ptr<Search> {
         return std::make_unique<GpSearch>();
       }},
      {"halving", "successive halving without waiting (ASHA)",
       [](const space::Space&, const RoundOptions&) -> std::unique_ptr<Search> {
         return std::make_unique<HalvingSearch>(HalvingSearch::Kind::one_bracket);
       },
       true},
      {"hyperband", "halving that starts at several rungs",
       [](const space::Space&, const RoundOptions&) -> std::unique_ptr<Search> {
         return std::make_unique<HalvingSearch>(HalvingSearch::Kind::hyperband);
       },
       true},
      {"median", "Sobol points, stopped where they fall below the median of the others",
       [](const space::Space&, const RoundOptions&) -> std::unique_ptr<Search> {
         return std::make_unique<MedianSearch>();
       },
       true},
      {"pbt", "population-based training: the best are copied and changed while they train",
       make_pbt, true},
  };
  return all;
}

const Method& method(std::string_view name) {
  const auto found = std::find_if(methods().begin(), methods().end(),
                                  [&](const Method& m) { return m.name == name; });
  if (found == methods().end()) {
    throw Error(ErrorKind::usage, unknown_name("method", name, method_names()));
  }
  return *found;
}

}  // namespace

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const Method& m : methods()) names.emplace_back(m.name);
  return names;
}

std::string about_method(std::string_view name) {
  return method(name).about;
}

std::unique_ptr<Search> make_search(std::string_view name, const space::Space& space,
                                    const RoundOptions& options) {
  const Method& chosen = method(name);
  if (options.own_budget && chosen.judges_on_the_way) {
    throw Error(
        ErrorKind::usage,
        fmt::format("method {}: judges trainings on their way; give --budget, the steps of a "
                    "full one",
                    name));
  }
  return chosen.make(space, options);
}

}  // namespace sweetspot::search
