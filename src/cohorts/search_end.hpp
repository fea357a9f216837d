// What is left to do once a search and its confirmation have ended. Thread-safety: free function.
#pragma once

#include <functional>

#include "run/search_director.hpp"
#include "store/study_store.hpp"
#include "sweetspot/image_set.hpp"

namespace sweetspot::cohorts {

// Trials that the search dropped end as pruned; of the confirmed config the accuracy on the test
// images is measured, once: with its first fresh seed, trained again to where it reached the
// target. False where `goes_on`, which is asked at every step of that training, said no before that
// was done.
bool end_search(store::StudyStore& store, const data::ImageSet& set,
                const run::SearchDirector& director, const store::Cost& cost,
                const std::function<bool()>& goes_on);

}  // namespace sweetspot::cohorts
