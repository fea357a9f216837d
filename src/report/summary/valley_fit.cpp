#include "report/summary/valley_fit.hpp"

#include <algorithm>
#include <limits>

namespace sweetspot::report {
namespace {

struct Pool {
  double sum = 0;
  double squares = 0;
  int count = 0;
  double mean() const { return sum / count; }
  double error() const { return squares - sum * sum / count; }
};

// Squared error of the best sequence that never rises, over values[0..n), for every n.
std::vector<double> falling_errors(const std::vector<double>& values) {
  std::vector<double> errors = {0};
  std::vector<Pool> pools;
  for (const double value : values) {
    pools.push_back({value, value * value, 1});
    while (pools.size() > 1 && pools[pools.size() - 2].mean() < pools.back().mean()) {
      const Pool last = pools.back();
      pools.pop_back();
      pools.back().sum += last.sum;
      pools.back().squares += last.squares;
      pools.back().count += last.count;
    }
    double error = 0;
    for (const Pool& pool : pools) error += pool.error();
    errors.push_back(error);
  }
  return errors;
}

}  // namespace

double valley_fit(const std::vector<double>& values) {
  Pool all;
  for (const double value : values) {
    all.sum += value;
    all.squares += value * value;
    ++all.count;
  }
  if (all.count == 0 || !(all.error() > 0)) return 1;
  const std::vector<double> falling = falling_errors(values);
  const std::vector<double> rising =
      falling_errors(std::vector<double>(values.rbegin(), values.rend()));
  double least = std::numeric_limits<double>::max();
  for (size_t split = 0; split <= values.size(); ++split) {
    least = std::min(least, falling[split] + rising[values.size() - split]);
  }
  return 1 - std::max(0.0, least) / all.error();
}

}  // namespace sweetspot::report
