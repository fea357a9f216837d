// Running means over a trial's curve, and how wide they are to be: as wide as its noise asks for.
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "search/search.hpp"

namespace sweetspot::search {

using MetricCurve = std::vector<CurveCheck>;

// The mean of the metrics from each check of `first` to `last` on, over `width` checks; the curve
// has them all. Takes as long for any width.
std::vector<double> running_means(const MetricCurve& curve, size_t width, size_t first,
                                  size_t last);

// Checks of a running mean that fits curves best by Mallows' Cp over their second halves, an odd
// number, at most half of the shortest curve; 1 where curves are not noisy, or too short to tell.
size_t best_width(const std::vector<const MetricCurve*>& curves);

}  // namespace sweetspot::search
