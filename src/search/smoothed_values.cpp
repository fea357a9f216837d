#include "search/smoothed_values.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "search/running_means.hpp"

namespace sweetspot::search {
namespace {

// Of the fastest's steps, that a trial must have trained for what it came to to tell of its own.
constexpr double kTellingShare = 0.25;
// Of the steps' logarithm, by two standard errors. What is fitted to sweeps without noise is less:
// the steps between their rates and the corners of their valleys.
constexpr double kNoisy = 0.16;
constexpr size_t kMostModelled = 200;  // the cost grows with the cube
// On the scale of compressed(): six times as far from the best as the median is.
constexpr double kFarOff = 2;
// Trials for which noise, or that values follow configs, is told from a rough function.
constexpr size_t kEnoughForNoise = 10;
constexpr size_t kEnoughToTell = 20;
// Of the density's logarithm: what noise has to explain better than none.
constexpr double kSpeaksOfNoise = 2;
// Of noise on the scale of compressed(), where such is what a smooth kernel leaves of a function's
// edges: it moves no answer that matters.
constexpr double kNegligible = 0.01;
// Deviations of the noise between the best's value and the answer's: more is no luck.
constexpr double kMostLuck = 4;

// From the best: a value so many times as far as the one before it is of another kind.
constexpr double kGap = 1000;
constexpr size_t kFewestNear = 3;

// Without the values of programs that say by 1e6 that a config is not allowed, be they the most:
// what is no value must not be the measure of values.
std::vector<double> without_penalties(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  for (size_t i = kFewestNear; i < values.size(); ++i) {
    const double before = values[i - 1] - values.front();
    if (before > 0 && values[i] - values.front() > kGap * before) {
      values.resize(i);
      break;
    }
  }
  return values;
}

bool worked(const SeenTrial& trial) {
  return trial.value.has_value();
}

// The way of a trial that worked, to look up where on it a metric was.
class Way {
 public:
  explicit Way(const SeenTrial& trial) : trial_(trial) {
    best_.reserve(trial.curve.size());
    for (const CurveCheck& check : trial.curve) {
      best_.push_back(best_.empty() ? check.metric : std::max(best_.back(), check.metric));
    }
  }

  uint64_t steps() const { return trial_.steps; }

  // The step at which the curve first was as good as `metric`, by a straight line between checks.
  std::optional<double> step_of(double metric) const {
    const std::vector<CurveCheck>& curve = trial_.curve;
    const auto i =
        static_cast<size_t>(std::lower_bound(best_.begin(), best_.end(), metric) - best_.begin());
    if (i == curve.size()) return std::nullopt;
    const auto step = static_cast<double>(curve[i].step);
    if (i == 0 || curve[i].metric == curve[i - 1].metric) return step;
    const auto before = static_cast<double>(curve[i - 1].step);
    return before + (step - before) * (metric - curve[i - 1].metric) /
                        (curve[i].metric - curve[i - 1].metric);
  }

 private:
  const SeenTrial& trial_;
  std::vector<double> best_;  // up to each check
};

// The steps to the target of a trial that was left on its way, if it goes on as those do that
// reached it: faster or slower, but by the same curve.
std::optional<double> steps_to_come(const SeenTrial& trial, const std::vector<Way>& ways) {
  const std::optional<double> metric = best_metric(trial);
  if (!metric.has_value()) return std::nullopt;
  std::vector<double> stretches;
  for (const Way& way : ways) {
    if (const auto step = way.step_of(*metric); step.value_or(0) > 0) {
      stretches.push_back(static_cast<double>(way.steps()) / *step);
    }
  }
  if (stretches.empty()) return std::nullopt;
  const auto middle = stretches.begin() + static_cast<std::ptrdiff_t>(stretches.size() / 2);
  std::nth_element(stretches.begin(), middle, stretches.end());
  return *middle * static_cast<double>(trial.steps);
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
  std::vector<Way> ways;
  for (const SeenTrial& trial : trials_) {
    if (worked(trial)) ways.emplace_back(trial);
  }
  std::vector<size_t> of;
  std::vector<double> values;
  for (size_t i = 0; i < trials_.size(); ++i) {
    const SeenTrial& trial = trials_[i];
    std::optional<double> steps = trial.value;
    if (was_left(trial) && static_cast<double>(trial.steps) >= kTellingShare * fastest) {
      steps = steps_to_come(trial, ways);
    }
    if (!steps.has_value()) continue;
    of.push_back(i);
    // A target may be reached at step 0.
    values.push_back(std::log(std::max(*steps, 1.0)));
  }
  fit(std::move(of), std::move(values));
  if (!are_steps_noisy()) return;
  are_smoothed_ = true;
  smooth();
}

void SmoothedValues::model_metrics() {
  std::vector<size_t> of;
  std::vector<const MetricCurve*> curves;
  for (size_t i = 0; i < trials_.size(); ++i) {
    if (!worked(trials_[i])) continue;
    of.push_back(i);
    curves.push_back(&trials_[i].curve);
  }
  const size_t width = best_width(curves);
  std::vector<double> values;
  for (size_t k = 0; k < of.size(); ++k) {
    if (width == 1) {
      values.push_back(*trials_[of[k]].value);
      continue;
    }
    const std::vector<double> means =
        running_means(*curves[k], width, 0, curves[k]->size() - width);
    values.push_back(-*std::max_element(means.begin(), means.end()));
  }
  scale_ = compressed_scale(without_penalties(values));
  for (double& value : values) value = std::log1p((value - scale_.best) / scale_.unit);
  // What failed by penalties is far off, and must not decide how rough the rest looks.
  std::vector<size_t> near;
  std::vector<double> near_values;
  for (size_t k = 0; k < of.size(); ++k) {
    if (values[k] > kFarOff) continue;
    near.push_back(of[k]);
    near_values.push_back(values[k]);
  }
  // The best of many alone would be the luckiest, and follow nothing.
  std::vector<size_t> sample = near;
  if (near.size() > kMostModelled) {
    for (size_t k = 0; k < kMostModelled; ++k) {
      const size_t from = k * near.size() / kMostModelled;
      sample[k] = near[from];
      near_values[k] = near_values[from];
    }
    sample.resize(kMostModelled);
    near_values.resize(kMostModelled);
  }
  fit(std::move(sample), std::move(near_values));
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  follow_configs_ = process_->size() < kEnoughToTell ||
                    (*least < *most && process_->misfit_of_chance() - process_->misfit() >
                                           static_cast<double>(space_.size() + 1));
  const bool are_noisy = are_values_noisy();
  if (!follow_configs_ || (width == 1 && !are_noisy)) return;
  for (size_t k = 0; k < of.size(); ++k) of_trials_[of[k]] = values[k];
  if (are_noisy) {
    for (const size_t trial : near) of_trials_[trial] = predict(trials_[trial].config).mean;
    trust_beyond_noise(of, values);
  }
  const auto own = [&](size_t k) { return *trials_[of[k]].value; };
  const auto best = static_cast<size_t>(least - values.begin());
  const double luck = scale_.best + scale_.unit * std::expm1(*least) - own(best);
  are_smoothed_ = are_noisy || luck > kNegligible * scale_.unit;
  for (size_t k = 0; k < of.size(); ++k) are_smoothed_ = are_smoothed_ || own(k) < own(best);
}

bool SmoothedValues::are_values_noisy() const {
  if (process_->size() < kEnoughForNoise || process_->noise() < kNegligible) return false;
  std::vector<KernelPoint> points;
  for (const size_t trial : modelled_) points.push_back(space_.point_of(trials_[trial].config));
  const GaussianProcess exact(choices_of(space_), std::move(points), modelled_values_, kExact);
  return exact.misfit() - process_->misfit() > kSpeaksOfNoise;
}

void SmoothedValues::trust_beyond_noise(const std::vector<size_t>& of,
                                        const std::vector<double>& values) {
  size_t luckiest = 0;
  size_t best = 0;
  for (size_t k = 0; k < of.size(); ++k) {
    if (values[k] < values[luckiest]) luckiest = k;
    if (*of_trials_[of[k]] < *of_trials_[of[best]]) best = k;
  }
  if (values[best] - values[luckiest] > kMostLuck * process_->noise()) {
    of_trials_[of[luckiest]] = std::min(values[luckiest], *of_trials_[of[best]] - 1);
  }
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
    modelled_.push_back(of[i]);
  }
  modelled_values_ = modelled;
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

Estimate SmoothedValues::estimate(size_t trial) const {
  const auto [mean, deviation] = predict(trials_[trial].config);
  // Both scales are logarithmic away from the best: a deviation there is a factor's.
  if (counts_steps_) return {std::exp(mean), std::exp(mean) * deviation};
  return {scale_.best + scale_.unit * std::expm1(mean), scale_.unit * std::exp(mean) * deviation};
}

void SmoothedValues::believe(const space::Config& config) {
  process_->believe(space_.point_of(config));
}

}  // namespace sweetspot::search
