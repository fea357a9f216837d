// In which order trials start. No result depends on it, only how long lanes stand idle at the end:
// trials that will be long must not start last. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <vector>

namespace sweetspot::search {

struct AdmissionCandidate {
  double learning_rate;
  double lowest_usual_rate;  // of its optimizer: see train::UsualRates
  double highest_usual_rate;
};

// The candidates' indices, those that are expected to take longest first: rates around the lowest
// and the highest that train within a budget of thousands of steps, then those further away. Those
// between reach the target, those far outside are given up early.
std::vector<size_t> admission_order(const std::vector<AdmissionCandidate>& candidates);

}  // namespace sweetspot::search
