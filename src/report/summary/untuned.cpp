#include "report/summary/untuned.hpp"

#include <algorithm>
#include <cmath>

#include "train/optimizer.hpp"

namespace sweetspot::report {
namespace {

double authors_rate(const std::string& optimizer) {
  for (const train::OptimizerInfo& info : train::optimizers()) {
    if (info.name == optimizer) return info.untuned_rate;
  }
  return 0;
}

}  // namespace

std::optional<Untuned> untuned(const Summary& summary, const OptimizerSummary& optimizer) {
  const double wanted = authors_rate(optimizer.optimizer);
  const std::vector<double>& rates = summary.record.settings.learning_rates;
  if (wanted == 0 || rates.empty()) return std::nullopt;
  const auto away = [&](double rate) { return std::abs(std::log10(rate / wanted)); };
  const double nearest = *std::min_element(rates.begin(), rates.end(),
                                           [&](double a, double b) { return away(a) < away(b); });
  constexpr double kNearEnough = 0.2;
  if (away(nearest) > kNearEnough) return std::nullopt;
  Untuned result = {nearest, std::nullopt};
  if (const auto time = optimizer.times.find(nearest); time != optimizer.times.end()) {
    result.steps = time->second;
  }
  return result;
}

}  // namespace sweetspot::report
