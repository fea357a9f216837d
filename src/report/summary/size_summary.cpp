#include "report/summary/size_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "study/axes.hpp"

namespace sweetspot::report {
namespace {

double mean_steps(const SizeLine& line) {
  double sum = 0;
  for (const SizePoint& point : line.points) sum += point.all_reached() ? point.steps : 0;
  return sum / std::max(1, line.sizes_reached());
}

SizeLine line_of(const Summary& summary, const std::string& optimizer, double rate) {
  const study::Axes axes = study::axes_of(summary.record.settings);
  SizeLine line = {optimizer, rate, {}};
  for (const store::NetworkSize& network : summary.record.networks) {
    SizePoint point;
    point.network = network;
    for (const auto& [trial, curve] : summary.trials) {
      if (!trial.outcome.has_value() || study::group_in(axes, trial.config) != optimizer ||
          study::number_in(axes, trial.config) != rate ||
          space::number_in(trial.config, "scale") != network.scale) {
        continue;
      }
      ++point.trials;
      if (trial.outcome != study::Outcome::reached) continue;
      ++point.reached;
      point.steps += static_cast<double>(trial.steps);
    }
    if (point.reached > 0) point.steps /= point.reached;
    line.points.push_back(point);
  }
  return line;
}

// The rates of the trials, ascending; of a program of one's own what it is drawn by.
std::vector<double> rates_of(const Summary& summary) {
  if (!summary.record.settings.command.has_value()) return summary.record.settings.learning_rates;
  const study::Axes axes = study::axes_of(summary.record.settings);
  std::set<double> rates;
  for (const TrialSummary& t : summary.trials) rates.insert(study::number_in(axes, t.trial.config));
  return {rates.begin(), rates.end()};
}

std::vector<std::string> groups_of(const Summary& summary) {
  const study::Axes axes = study::axes_of(summary.record.settings);
  if (axes.group.empty()) return {study::group_in(axes, {})};
  return summary.record.settings.optimizers;
}

}  // namespace

std::string_view name_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::seconds:
      return "seconds";
    case TimeUnit::operations:
      return "operations";
    default:
      return "steps";
  }
}

double SizePoint::time(TimeUnit unit) const {
  switch (unit) {
    case TimeUnit::seconds:
      return steps * network.step_seconds;
    case TimeUnit::operations:
      return steps * network.operations_per_step;
    default:
      return steps;
  }
}

int SizeLine::sizes_reached() const {
  return static_cast<int>(std::count_if(points.begin(), points.end(),
                                        [](const SizePoint& p) { return p.all_reached(); }));
}

std::optional<LineFit> SizeLine::fit(TimeUnit unit) const {
  std::vector<std::pair<double, double>> reached;
  for (const SizePoint& point : points) {
    if (!point.all_reached()) continue;
    // The size of a program of one's own is its scale.
    const double size = point.network.weights > 0 ? static_cast<double>(point.network.weights)
                                                  : point.network.scale;
    reached.emplace_back(size, point.time(unit));
  }
  return fit_line(reached);
}

SizeSummary summarize_sizes(const Summary& summary) {
  SizeSummary sizes;
  for (const std::string& optimizer : groups_of(summary)) {
    const size_t first = sizes.lines.size();
    for (const double rate : rates_of(summary)) {
      sizes.lines.push_back(line_of(summary, optimizer, rate));
    }
    std::optional<double> first_best;
    for (size_t i = 0; i < summary.record.networks.size(); ++i) {
      BestAtSize best = {summary.record.networks[i], optimizer, std::nullopt, std::nullopt};
      for (size_t l = first; l < sizes.lines.size(); ++l) {
        const SizePoint& point = sizes.lines[l].points[i];
        if (!point.all_reached()) continue;
        const double rate = sizes.lines[l].learning_rate;
        if (!best.best.has_value() || point.steps < best.best->steps) {
          best.best = BestRate{rate, point.steps};
        }
        if (rate == first_best) best.steps_at_first_best = point.steps;
      }
      if (i == 0 && best.best.has_value()) {
        first_best = best.best->learning_rate;
        best.steps_at_first_best = best.best->steps;
      }
      sizes.best.push_back(std::move(best));
    }
  }
  return sizes;
}

std::string line_name(const Summary& summary, const SizeLine& line) {
  if (study::axes_of(summary.record.settings).number.empty()) return line.optimizer;
  return fmt::format("{} at {}", line.optimizer, shortest(line.learning_rate));
}

const SizeLine* widest_line(const SizeSummary& sizes) {
  const SizeLine* widest = nullptr;
  for (const SizeLine& line : sizes.lines) {
    const int reached = line.sizes_reached();
    if (reached == 0) continue;
    const bool better =
        widest == nullptr || reached > widest->sizes_reached() ||
        (reached == widest->sizes_reached() && mean_steps(line) < mean_steps(*widest));
    if (better) widest = &line;
  }
  return widest;
}

}  // namespace sweetspot::report
