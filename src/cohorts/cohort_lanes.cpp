#include "cohorts/cohort_lanes.hpp"

#include "train/lane_block.hpp"

namespace sweetspot::cohorts {

size_t cohort_lanes(const study::Settings& settings, size_t waiting, size_t threads,
                    bool is_shared) {
  const study::SearchSettings& search = settings.search;
  size_t at_once = waiting;
  if (settings.kind == study::Kind::tune) {
    // Lanes that one round leaves idle are the next one's.
    at_once = static_cast<size_t>(study::is_population(search) ? search.population.size
                                                               : 2 * search.round);
  }
  // How many workers share them is not known: none takes a large part of them.
  constexpr size_t kWorkers = 8;
  return train::lanes_for(is_shared ? at_once / kWorkers : at_once, threads);
}

}  // namespace sweetspot::cohorts
