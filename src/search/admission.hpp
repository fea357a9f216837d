// In which order trials start. No result depends on it, only how long lanes stand idle at the end:
// trials that will be long must not start last. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <vector>

namespace sweetspot::search {

struct AdmissionCandidate {
  double learning_rate;
  double slowest_usual_rate;  // of its optimizer
};

// The candidates' indices, those that are expected to take longest first: rates around the slowest
// that trains within a budget of thousands of steps, then those further away. Far lower ones are
// given up early, far higher ones reach the target or die early.
std::vector<size_t> admission_order(const std::vector<AdmissionCandidate>& candidates);

}  // namespace sweetspot::search
