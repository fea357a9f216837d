// How many trials a cohort steps together, where nobody says. Thread-safety: pure function.
#pragma once

#include <cstddef>

#include "study/settings.hpp"

namespace sweetspot::cohorts {

// Lanes of each of `threads` cohorts, 8 or 16. waiting: trials of a sweep or size study that have
// not ended. is_shared: other workers train them, too.
size_t cohort_lanes(const study::Settings& settings, size_t waiting, size_t threads,
                    bool is_shared);

}  // namespace sweetspot::cohorts
