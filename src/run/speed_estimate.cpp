#include "run/speed_estimate.hpp"

#include <algorithm>

namespace sweetspot::run {
namespace {

constexpr double kRateWindow = 8;  // seconds

}  // namespace

RunProgress progress_of(const study::Settings& settings) {
  RunProgress progress;
  progress.metric = study::judged_metric(settings);
  progress.has_target = !settings.target.metric.empty();
  progress.is_minimized = study::score_of(settings, 1) < 0;
  return progress;
}

RunProgress SpeedEstimate::progress(const RunProgress& before, const trials::Totals& totals,
                                    double seconds) {
  // Steps become known when they are reported: the rate is that from a report to now, however far
  // apart they come, and falls while the next one is awaited.
  if (reports_.empty() || reports_.back().second < totals.trial_steps) {
    reports_.emplace_back(seconds, totals.trial_steps);
  }
  while (reports_.size() > 2 && seconds - reports_[1].first > kRateWindow) reports_.pop_front();
  RunProgress progress = before;
  progress.trials = before.trials + totals.added;
  progress.ended = before.ended + totals.ended;
  progress.reached = before.reached + totals.reached;
  progress.trial_steps = before.trial_steps + totals.trial_steps;
  if (totals.best_score.has_value()) trials::take_best(progress.best_score, *totals.best_score);
  if (totals.fewest_steps.has_value())
    trials::take_fewest(progress.fewest_steps, *totals.fewest_steps);
  progress.seconds = seconds;
  const double window = seconds - reports_.front().first;
  const uint64_t steps = totals.trial_steps - reports_.front().second;
  if (window > 0) progress.steps_per_second = static_cast<double>(steps) / window;
  progress.seconds_left = -1;
  if (progress.cost > 0) {
    const uint64_t left = progress.cost - std::min(progress.trial_steps, progress.cost);
    if (steps > 0) progress.seconds_left = static_cast<double>(left) / progress.steps_per_second;
    return progress;
  }
  // Trials still open are taken to be as long as those of this call that ended.
  const int of_cost = progress.cost_trials - progress.ended;
  const double open = std::max(static_cast<double>(totals.open), static_cast<double>(of_cost));
  if (totals.ended >= enough_ended_ && totals.ended > 0) {
    progress.seconds_left = seconds * open / totals.ended;
  }
  return progress;
}

}  // namespace sweetspot::run
