// How well a sequence is described as a valley. Thread-safety: pure function.
#pragma once

#include <vector>

namespace sweetspot::report {

// The share of the variance of `values` that the best valley explains: a sequence that first never
// rises and then never falls, fitted by least squares (isotonic regression by pooling adjacent
// violators; Barlow et al., 1972, on either side of every split). 1 for constant values.
double valley_fit(const std::vector<double>& values);

}  // namespace sweetspot::report
