#include "search/smoothed_values.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sweetspot::search {
namespace {

// Of the fastest's steps, that a trial must have trained for what it came to to tell of its own.
constexpr double kTellingShare = 0.25;
// Of the steps' logarithm, by two standard errors. What is fitted to sweeps without noise is less:
// the steps between their rates and the corners of their valleys.
constexpr double kNoisy = 0.16;
constexpr size_t kMostModelled = 200;  // the best: the cost grows with the cube

bool worked(const SeenTrial& trial) {
  return trial.value.has_value();
}

// The step at which a curve first was as good as `metric`, by a straight line between checks.
std::optional<double> step_of(const std::vector<CurveCheck>& curve, double metric) {
  for (size_t i = 0; i < curve.size(); ++i) {
    if (curve[i].metric < metric) continue;
    const auto step = static_cast<double>(curve[i].step);
    if (i == 0 || curve[i].metric == curve[i - 1].metric) return step;
    const auto before = static_cast<double>(curve[i - 1].step);
    return before + (step - before) * (metric - curve[i - 1].metric) /
                        (curve[i].metric - curve[i - 1].metric);
  }
  return std::nullopt;
}

// The steps to the target of a trial that was left on its way, if it goes on as those do that
// reached it: faster or slower, but by the same curve.
std::optional<double> steps_to_come(const SeenTrial& trial, const std::vector<SeenTrial>& trials) {
  const std::optional<double> metric = best_metric(trial);
  std::vector<double> stretches;
  for (const SeenTrial& other : trials) {
    if (!metric.has_value() || !worked(other)) continue;
    if (const auto step = step_of(other.curve, *metric)) {
      stretches.push_back(static_cast<double>(other.steps) / *step);
    }
  }
  if (stretches.empty()) return std::nullopt;
  const auto middle = stretches.begin() + static_cast<std::ptrdiff_t>(stretches.size() / 2);
  std::nth_element(stretches.begin(), middle, stretches.end());
  return *middle * static_cast<double>(trial.steps);
}

double mean_of(const std::vector<CurveCheck>& curve, size_t first, size_t count) {
  double sum = 0;
  for (size_t i = first; i < first + count; ++i) sum += curve[i].metric;
  return sum / static_cast<double>(count);
}

// Mallows' Cp of running means of `width` checks over a curve's second half, in units of the
// noise's variance, which is that of the second differences. None where nothing differs.
std::optional<double> misfit(const std::vector<CurveCheck>& curve, size_t width) {
  const size_t first = curve.size() / 2;
  double noise = 0;
  for (size_t i = std::max<size_t>(first, 1); i + 1 < curve.size(); ++i) {
    noise += std::pow(curve[i - 1].metric - 2 * curve[i].metric + curve[i + 1].metric, 2) / 6;
  }
  noise /= static_cast<double>(curve.size() - 1 - std::max<size_t>(first, 1));
  if (!(noise > 0)) return std::nullopt;
  double squares = 0;
  size_t count = 0;
  for (size_t i = std::max(first, width / 2); i + width / 2 < curve.size(); ++i) {
    squares += std::pow(curve[i].metric - mean_of(curve, i - width / 2, width), 2);
    ++count;
  }
  return squares / static_cast<double>(count) / noise + 2 / static_cast<double>(width);
}

// Checks of a running mean, an odd number; at most half of the shortest curve.
size_t best_width(const std::vector<const std::vector<CurveCheck>*>& curves) {
  size_t shortest = SIZE_MAX;
  for (const auto* curve : curves) shortest = std::min(shortest, curve->size());
  size_t best = 1;
  double least = INFINITY;
  for (size_t width = 1; shortest >= 4 && width <= shortest / 2; width += 2) {
    double sum = 0;
    for (const auto* curve : curves) sum += misfit(*curve, width).value_or(0);
    if (sum < least) {
      least = sum;
      best = width;
    }
  }
  return best;
}

}  // namespace

SmoothedValues::SmoothedValues(const space::Space& space, const std::vector<SeenTrial>& trials)
    : space_(space), trials_(trials), of_trials_(trials.size()) {
  if (std::none_of(trials.begin(), trials.end(), worked)) return;
  for (size_t i = 0; i < trials.size(); ++i) of_trials_[i] = trials[i].value;
  // What a copy came to is due to its lineage, not to its config.
  const auto is_copy = [](const SeenTrial& trial) { return trial.origin.has_value(); };
  if (std::any_of(trials.begin(), trials.end(), is_copy)) return;
  counts_steps_ = std::any_of(trials.begin(), trials.end(), [](const SeenTrial& trial) {
    return trial.outcome == study::Outcome::reached;
  });
  counts_steps_ ? model_steps() : model_metrics();
}

void SmoothedValues::model_steps() {
  double fastest = INFINITY;
  for (const SeenTrial& trial : trials_) {
    fastest = std::min(fastest, trial.value.value_or(INFINITY));
  }
  std::vector<size_t> of;
  std::vector<double> values;
  for (size_t i = 0; i < trials_.size(); ++i) {
    const SeenTrial& trial = trials_[i];
    std::optional<double> steps = trial.value;
    if (was_left(trial) && static_cast<double>(trial.steps) >= kTellingShare * fastest) {
      steps = steps_to_come(trial, trials_);
    }
    if (!steps.has_value()) continue;
    of.push_back(i);
    values.push_back(std::log(*steps));
  }
  fit(std::move(of), std::move(values));
  if (are_steps_noisy()) smooth();
}

void SmoothedValues::model_metrics() {
  std::vector<size_t> of;
  std::vector<const std::vector<CurveCheck>*> curves;
  for (size_t i = 0; i < trials_.size(); ++i) {
    if (!worked(trials_[i])) continue;
    of.push_back(i);
    curves.push_back(&trials_[i].curve);
  }
  const size_t width = best_width(curves);
  std::vector<double> values;
  for (const size_t trial : of) {
    const std::vector<CurveCheck>& curve = trials_[trial].curve;
    double value = width == 1 ? *trials_[trial].value : INFINITY;
    for (size_t i = 0; width > 1 && i + width <= curve.size(); ++i) {
      value = std::min(value, -mean_of(curve, i, width));
    }
    values.push_back(value);
  }
  fit(std::move(of), compressed(std::move(values)));
  smooth();
}

void SmoothedValues::fit(std::vector<size_t> of, std::vector<double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return values[a] < values[b]; });
  if (order.size() > kMostModelled) order.resize(kMostModelled);
  std::vector<KernelPoint> points;
  std::vector<double> modelled;
  for (const size_t i : order) {
    points.push_back(space_.point_of(trials_[of[i]].config));
    modelled.push_back(values[i]);
  }
  process_.emplace(choices_of(space_), std::move(points), modelled, kAnyNoise);
}

void SmoothedValues::smooth() {
  for (size_t i = 0; i < trials_.size(); ++i) {
    if (worked(trials_[i])) of_trials_[i] = predict(trials_[i].config).mean;
  }
}

bool SmoothedValues::are_steps_noisy() const {
  if (!counts_steps_) return false;
  const double error = 1 / std::sqrt(2 * static_cast<double>(process_->size()));
  return process_->noise() * (1 - 2 * error) > kNoisy;
}

GaussianProcess::Prediction SmoothedValues::predict(const space::Config& config) const {
  return process_->predict(space_.point_of(config));
}

void SmoothedValues::believe(const space::Config& config) {
  process_->believe(space_.point_of(config));
}

}  // namespace sweetspot::search
