// How the runs of a user's own program end: what becomes of their trials and checkpoints.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "programs/program_trials.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::programs {

namespace {

// A failure, with what the program last wrote.
std::string failure_note(const std::string& failure, const std::string& log) {
  return log.empty() ? failure : failure + "\n" + log;
}

study::Outcome outcome_of(StopReason reason) {
  switch (reason) {
    case StopReason::reached:
      return study::Outcome::reached;
    case StopReason::hopeless:
      return study::Outcome::hopeless;
    case StopReason::diverged:
      return study::Outcome::diverged;
    default:
      return study::Outcome::exhausted;
  }
}

}  // namespace

void ProgramTrials::keep_saved(ProgramTrial& trial, bool is_whole) {
  if (!checkpoints_.has_content(trial.saving)) {
    checkpoints_.release(std::exchange(trial.saving, ""));
    return;
  }
  has_saved_ = true;
  checkpoints_.release(std::exchange(trial.state.earlier, ""));
  trial.state.earlier = std::exchange(trial.state.checkpoint, std::exchange(trial.saving, ""));
  if (is_whole) checkpoints_.release(std::exchange(trial.state.earlier, ""));
}

void ProgramTrials::end_run(ProgramTrial trial, RunFacts facts, double seconds,
                            const std::string& log) {
  const Lock lock(mutex_);
  trial.state.seconds += seconds;
  facts.has_judged_metric = trial.has_judged_metric;
  facts.judged_metric = study::judged_metric(settings_);
  facts.judged_nulls = trial.judged_nulls;
  facts.judged_texts = trial.judged_texts;
  facts.other_metrics = trial.metrics;
  const auto say = [&](const std::string& trouble) {
    trial.open->trouble += (trial.open->trouble.empty() ? "" : "; ") + trouble;
  };
  if (trial.backwards > 0) {
    say(fmt::format("{} of its reports were of steps that were there before", trial.backwards));
  }
  if (facts.lines.bad_steps > 0 && !trial.metrics.empty()) {
    say(bad_steps_text(facts.lines) + ", and were left out");
  }
  if (!trial.left_out.empty()) {
    say(
        fmt::format("it reports more metrics than the {} that a study keeps: {} was left out, and "
                    "any other that came after those",
                    metrics_.size(), printable(trial.left_out)));
  }
  if (facts.lines.unread > 0 && !trial.metrics.empty()) {
    say(unread_text(facts.lines));
  }
  if (facts.has_pattern && facts.lines.huge > 0) {
    say(huge_text(facts.lines));
  }
  if (facts.end.left_children && facts.stop == StopReason::none) {
    say("processes that it left behind were ended");
  }
  // What was cut in saving may be half written.
  const bool is_whole = facts.end.signal == 0 && facts.end.exit_code == 0;
  if (facts.stop == StopReason::interrupted) {
    keep_saved(trial, is_whole);
    if (!trial.state.checkpoint.empty()) {
      keep_snapshot(trial.number, trial.open->last_step, to_bytes(trial.state));
    }
    take_under_way(trial.number);
    return;
  }
  if (facts.stop == StopReason::timeout && trial.has_judged_metric) {
    failures_in_a_row_ = 0;
    trial.open->trial.reproducible = false;
    return end_trial(trial, study::Outcome::exhausted, "max_trial_seconds; not reproducible");
  }
  const std::string failure = failure_of(facts);
  // A run that reports nothing new may have been unable to go on from its checkpoint.
  const bool went_nowhere = !trial.state.checkpoint.empty() && !trial.has_reported &&
                            facts.stop == StopReason::none &&
                            trial.open->last_step < trial.open->until;
  const bool can_fall_back = !trial.open->trial.origin.has_value() || !trial.state.earlier.empty();
  if (went_nowhere && can_fall_back) {
    return begin_again(std::move(trial), failure.empty() ? "it ended without a report" : failure);
  }
  if (!failure.empty()) return fail(std::move(trial), failure, log);
  failures_in_a_row_ = 0;
  has_worked_ = true;
  if (facts.stop == StopReason::none) facts.stop = at_own_end(trial);
  if (facts.stop != StopReason::paused) return end_trial(trial, outcome_of(facts.stop), "");
  keep_saved(trial, is_whole);
  pause_trial(std::move(trial));
}

namespace {

// Whether a program that was told how far to go ended well before: reports that were due are
// missing. They need not come where a segment ends, nor all at one distance.
bool has_ended_itself(const ProgramTrial& trial) {
  constexpr uint64_t kMissing = 2;
  return trial.open->interval > 0 &&
         trial.open->last_step + kMissing * trial.open->interval < trial.open->until;
}

}  // namespace

StopReason ProgramTrials::at_own_end(const ProgramTrial& trial) const {
  // Of a run that went on from beyond its last report the target may have been reached before.
  if (!trial.open->history.empty() && trial.open->history.back().step <= trial.open->until) {
    const StopReason reason = judge(trial);
    if (reason != StopReason::none) return reason;
  }
  if (settings_.command->own_budget || has_ended_itself(trial)) return StopReason::exhausted;
  return at_end(trial);
}

void ProgramTrials::fail(ProgramTrial trial, const std::string& failure, const std::string& log) {
  checkpoints_.require_room();
  if (trial.open->failures < retries_) {
    ++trial.open->failures;
    keep_saved(trial, false);
    wait_again(std::move(trial), /*as_first=*/false);
    return;
  }
  count_failure(failure);
  end_trial(trial, study::Outcome::failed, failure_note(failure, log));
}

void ProgramTrials::begin_again(ProgramTrial trial, const std::string& why) {
  trial.open->trouble += (trial.open->trouble.empty() ? "" : "; ") +
                         ("did not go on from its checkpoint, and began again: " + why);
  leave_checkpoint(trial);
  checkpoints_.release(std::exchange(trial.saving, ""));
  wait_again(std::move(trial), /*as_first=*/true);
}

void ProgramTrials::count_failure(const std::string& failure) {
  const bool is_alike = failure_kind(failure) == failure_kind(last_failure_);
  failures_in_a_row_ = is_alike ? failures_in_a_row_ + 1 : 1;
  last_failure_ = failure;
}

void ProgramTrials::end_trial(ProgramTrial& run, study::Outcome outcome, const std::string& note) {
  trials::OpenTrial& open = *run.open;
  // Beyond the segments before, whatever it came to: so it is known in which one it ended.
  open.trial.steps = std::max(open.last_step, open.from > 0 ? open.from + 1 : 0);
  open.trial.compute_seconds = run.state.seconds;
  end(run.number, outcome, note);
  checkpoints_.release(std::exchange(run.saving, ""));
  leave_checkpoint(run);
  leave_checkpoint(run);
}

void ProgramTrials::pause_trial(ProgramTrial run) {
  trials::OpenTrial& open = *run.open;
  if (run.state.checkpoint.empty() && study::is_population(settings_.search)) {
    const std::string what = fmt::format(
        "method pbt: copies states, but the program saved nothing into the folder that "
        "SWEETSPOT_CHECKPOINT names by step {}; save there before the report, and go on from "
        "SWEETSPOT_RESUME",
        open.last_step);
    if (!has_saved_) throw Error(ErrorKind::usage, what);
    return fail(std::move(run), what, "");
  }
  open.trial.compute_seconds = run.state.seconds;
  run.state.until = open.until;
  pause(run.number, open.last_step, to_bytes(run.state));
}

}  // namespace sweetspot::programs
