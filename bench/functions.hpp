// Test functions of optimization, each to be minimised over the unit cube's image of its usual box.
// Sources: Surjanovic and Bingham, "Virtual library of simulation experiments"; the shifts of
// Ackley's and Rastrigin's keep their optima off the middle.
// Thread-safety: pure functions.
#pragma once

#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

namespace sweetspot::bench {

struct TestFunction {
  std::string name;
  size_t dimensions;
  double low;
  double high;
  double optimum;
  std::function<double(const std::vector<double>&)> value;
};

inline double branin(const std::vector<double>& x) {
  using std::numbers::pi;
  const double a = x[0];
  // The usual box is [-5, 10] x [0, 15].
  const double b = x[1] + 5;
  const double inner = b - 5.1 / (4 * pi * pi) * a * a + 5 / pi * a - 6;
  return inner * inner + 10 * (1 - 1 / (8 * pi)) * std::cos(a) + 10;
}

inline double hartmann6(const std::vector<double>& x) {
  constexpr double kAlpha[4] = {1.0, 1.2, 3.0, 3.2};
  constexpr double kA[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                               {0.05, 10, 17, 0.1, 8, 14},
                               {3, 3.5, 1.7, 10, 17, 8},
                               {17, 8, 0.05, 10, 0.1, 14}};
  constexpr double kP[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                               {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                               {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                               {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
  double sum = 0;
  for (int i = 0; i < 4; ++i) {
    double squares = 0;
    for (size_t j = 0; j < 6; ++j) squares += kA[i][j] * std::pow(x[j] - kP[i][j], 2);
    sum -= kAlpha[i] * std::exp(-squares);
  }
  return sum;
}

inline double rosenbrock(const std::vector<double>& x) {
  double sum = 0;
  for (size_t i = 0; i + 1 < x.size(); ++i) {
    sum += 100 * std::pow(x[i + 1] - x[i] * x[i], 2) + std::pow(1 - x[i], 2);
  }
  return sum;
}

inline double shift(size_t dimension) {
  return 0.1 + 0.07 * static_cast<double>(dimension);
}

inline double ackley_shifted(const std::vector<double>& x) {
  double squares = 0;
  double cosines = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double z = x[i] - 32.768 * shift(i);
    squares += z * z;
    cosines += std::cos(2 * std::numbers::pi * z);
  }
  const auto n = static_cast<double>(x.size());
  return -20 * std::exp(-0.2 * std::sqrt(squares / n)) - std::exp(cosines / n) + 20 +
         std::numbers::e;
}

inline double rastrigin_shifted(const std::vector<double>& x) {
  double sum = 10 * static_cast<double>(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const double z = x[i] - 5.12 * shift(i);
    sum += z * z - 10 * std::cos(2 * std::numbers::pi * z);
  }
  return sum;
}

inline std::vector<TestFunction> test_functions() {
  return {{"Branin", 2, -5, 10, 0.39788735772973816, branin},
          {"Hartmann6", 6, 0, 1, -3.3223680114155156, hartmann6},
          {"Rosenbrock5", 5, -5, 10, 0, rosenbrock},
          {"Ackley5 shifted", 5, -32.768, 32.768, 0, ackley_shifted},
          {"Rastrigin5 shifted", 5, -5.12, 5.12, 0, rastrigin_shifted}};
}

}  // namespace sweetspot::bench
