#include "run/speed_estimate.hpp"

namespace sweetspot::run {
namespace {

constexpr double kRateWindow = 8;  // seconds

}  // namespace

RunProgress SpeedEstimate::progress(const RunProgress& before, const RunTotals& totals,
                                    double seconds) {
  recent_.emplace_back(seconds, totals.trial_steps);
  while (recent_.size() > 2 && seconds - recent_.front().first > kRateWindow) {
    recent_.pop_front();
  }
  RunProgress progress;
  progress.trials = before.trials + totals.fed;
  progress.ended = before.ended + totals.ended;
  progress.reached = before.reached + totals.reached;
  progress.trial_steps = before.trial_steps + totals.trial_steps;
  progress.cost = before.cost;
  progress.seconds = seconds;
  const double window = recent_.back().first - recent_.front().first;
  if (window > 0) {
    progress.steps_per_second =
        static_cast<double>(recent_.back().second - recent_.front().second) / window;
  }
  // Trials still open are taken to be as long as those of this call that ended.
  constexpr int kEnoughEnded = 8;
  progress.seconds_left = totals.ended < kEnoughEnded ? -1
                                                      : seconds * static_cast<double>(totals.open) /
                                                            static_cast<double>(totals.ended);
  return progress;
}

}  // namespace sweetspot::run
