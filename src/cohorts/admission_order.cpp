#include "cohorts/admission_order.hpp"

#include "search/admission.hpp"
#include "train/optimizer.hpp"

namespace sweetspot::cohorts {

std::vector<size_t> admission_order_of(const std::vector<study::Trial>& trials) {
  std::vector<search::AdmissionCandidate> candidates;
  for (const study::Trial& trial : trials) {
    const int optimizer = train::optimizer_index(space::choice_in(trial.config, "optimizer"));
    const train::UsualRates usual = train::optimizers()[static_cast<size_t>(optimizer)].usual_rates;
    candidates.push_back(
        {space::number_in(trial.config, "learning_rate"), usual.lowest, usual.highest});
  }
  return search::admission_order(candidates);
}

}  // namespace sweetspot::cohorts
