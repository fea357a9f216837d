// Functions that a trial's numbers may depend on: of operations that IEEE 754 fixes to the last bit
// alone, so that every machine gives the same, where libm's last bit differs from one to the next.
// Right to a few units in the last place. Thread-safety: pure functions.
#pragma once

namespace sweetspot {

// e^x for x up to 700.
double portable_exp(double x);

// The natural logarithm of x > 0, finite.
double portable_log(double x);

// cos(pi t) for t in [0, 1].
double portable_cos_pi(double t);

}  // namespace sweetspot
