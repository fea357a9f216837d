#include "search/admission.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sweetspot::search {

std::vector<size_t> admission_order(const std::vector<AdmissionCandidate>& candidates) {
  std::vector<double> distance;
  for (const AdmissionCandidate& candidate : candidates) {
    const auto decades = [&](double rate) {
      return std::abs(std::log10(candidate.learning_rate / rate));
    };
    distance.push_back(
        std::min(decades(candidate.lowest_usual_rate), decades(candidate.highest_usual_rate)));
  }
  std::vector<size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return distance[a] < distance[b]; });
  return order;
}

}  // namespace sweetspot::search
