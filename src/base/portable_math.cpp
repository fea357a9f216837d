#include "base/portable_math.hpp"

#include <cmath>
#include <numbers>

namespace sweetspot {
namespace {

// The upper part of ln 2 has few enough bits for its multiples to be exact.
constexpr double kLn2Upper = 0x1.62e42fefap-1;
constexpr double kLn2Lower = 0x1.cf79abc9e3b39p-40;

}  // namespace

double portable_exp(double x) {
  constexpr double kSmallest = -745;  // below, e^x is nearer to zero than to any double
  if (x < kSmallest) return 0;
  const double halvings = std::round(x / std::numbers::ln2);
  const double rest = (x - halvings * kLn2Upper) - halvings * kLn2Lower;  // at most ln(2) / 2
  constexpr int kTerms = 15;
  double sum = 1;
  for (int n = kTerms; n >= 1; --n) sum = 1 + sum * rest / n;
  return std::ldexp(sum, static_cast<int>(halvings));
}

double portable_log(double x) {
  int exponent = 0;
  double part = std::frexp(x, &exponent);  // in [0.5, 1)
  if (part < std::numbers::sqrt2 / 2) {
    part *= 2;
    --exponent;
  }
  // ln(part) = 2 artanh(s), |s| < 0.172.
  const double s = (part - 1) / (part + 1);
  constexpr int kLast = 25;
  double sum = 0;
  for (int n = kLast; n >= 1; n -= 2) sum = 1.0 / n + s * s * sum;
  return exponent * kLn2Upper + (2 * s * sum + exponent * kLn2Lower);
}

double portable_cos_pi(double t) {
  // cos(pi t) = sin(pi (1/2 - t)), whose argument is at most a quarter turn.
  const double x = std::numbers::pi * (0.5 - t);
  constexpr int kLast = 21;
  double sum = 1;
  for (int n = kLast; n >= 3; n -= 2) sum = 1 - x * x / ((n - 1) * n) * sum;
  return x * sum;
}

}  // namespace sweetspot
