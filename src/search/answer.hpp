// What a search came to. Thread-safety: pure functions.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "search/search.hpp"
#include "search/smoothed_values.hpp"

namespace sweetspot::search {

struct Answer {
  size_t trial = 0;        // whose config is the best by its value smoothed over its neighbours,
                           // those of the same choices whose numbers are close: not the luckiest
  size_t best_valued = 0;  // whose own value is the best
  std::optional<Estimate> smoothed = {};  // what the answer comes to; none where nothing is noisy
  bool follow_configs = true;             // SmoothedValues::follow_configs()
};

// None where no trial worked.
std::optional<Answer> answer_of(const space::Space& space, const std::vector<SeenTrial>& trials);

// Its trial.
std::optional<size_t> best_trial(const space::Space& space, const std::vector<SeenTrial>& trials);

// The values of the space's one number between which every trial of the best one's choices worked,
// as far as the trials around it tell. None where the space has no number or several.
std::optional<std::pair<double, double>> band_around(const space::Space& space,
                                                     const std::vector<SeenTrial>& trials,
                                                     size_t best);

// Configs that are likely to be safe, the most promising first, for confirmation: the fastest rate
// often sits at a cliff, so these lie inside the band of its choice, where the space has one
// number: half-way from the best to the middle of the trials around it that worked, then the
// middle. The best itself comes last. Of a copy: the configs of its lineage, the last first.
std::vector<space::Config> safe_candidates(const space::Space& space,
                                           const std::vector<SeenTrial>& trials, size_t best);

// The trials that one descends from by copies, the first of all first, itself last.
std::vector<size_t> lineage_of(const std::vector<SeenTrial>& trials, size_t trial);

}  // namespace sweetspot::search
