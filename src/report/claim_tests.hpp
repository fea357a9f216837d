// The tests of the claims, one function a claim; docs/claims.md states them. A claim whose part is
// missing or too small is undecided. Thread-safety: pure functions.
#pragma once

#include "report/claims.hpp"

namespace sweetspot::report {

constexpr int kEnoughReached = 5;  // points, for the shape of a curve

inline Verdict verdict_if(bool holds) {
  return holds ? Verdict::reproduced : Verdict::not_reproduced;
}

// About the sweep.
Claim most_rates_fail(const Summary* sweep);
Claim curves_are_valleys(const Summary* sweep);
Claim no_rate_for_all(const Summary* sweep);
Claim time_varies_tenfold(const Summary* sweep);
Claim adam_is_best(const Summary* sweep);
Claim rmsprop_is_poor(const Summary* sweep, const Summary* tuned);
Claim bands_cover_four_decades(const Summary* sweep);
Claim failures_split(const Summary* sweep);

// About the sizes.
Claim time_is_linear(const Summary* size);
Claim best_rate_stays(const Summary* size);
Claim time_grows_above(const Summary* size);
Claim one_rate_for_all_sizes(const Summary* size);

// About the trace.
Claim traces_converge(const Summary* trace);

}  // namespace sweetspot::report
