#include "report/summary/trace_summary.hpp"

#include <algorithm>

namespace sweetspot::report {
namespace {

std::vector<double> accuracies(const study::Curve& curve) {
  const auto found = std::find(curve.metrics.begin(), curve.metrics.end(), "validation_accuracy");
  const auto column = static_cast<size_t>(found - curve.metrics.begin());
  std::vector<double> values;
  for (const study::CurvePoint& point : curve.points) {
    if (column < point.values.size() && point.values[column].has_value()) {
      values.push_back(*point.values[column]);
    }
  }
  return values;
}

double largest_fall(const std::vector<double>& values, double best) {
  double highest = 0;
  double fall = 0;
  for (const double value : values) {
    highest = std::max(highest, value);
    if (highest > best / 2) fall = std::max(fall, highest - value);
  }
  return fall;
}

}  // namespace

std::vector<TraceLine> summarize_trace(const Summary& summary) {
  std::vector<TraceLine> lines;
  for (const auto& [trial, curve] : summary.trials) {
    TraceLine line;
    line.config = {space::choice_in(trial.config, "optimizer"),
                   space::number_in(trial.config, "learning_rate")};
    line.seed = trial.seed;
    line.diverged = trial.outcome == study::Outcome::diverged;
    const std::vector<double> values = accuracies(curve);
    if (!values.empty()) {
      line.first = values.front();
      line.last = values.back();
      line.best = *std::max_element(values.begin(), values.end());
      line.largest_fall = largest_fall(values, *line.best);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace sweetspot::report
