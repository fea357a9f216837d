// How the runs of a user's own program end: what becomes of their trials and checkpoints.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
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
  trial.state.seconds += seconds;
  facts.has_judged_metric = trial.has_judged_metric;
  facts.judged_metric = study::judged_metric(settings_);
  facts.judged_nulls = trial.judged_nulls;
  facts.judged_texts = trial.judged_texts;
  facts.other_metrics = trial.metrics;
  const auto say = [&](const std::string& trouble) {
    trial.trouble += (trial.trouble.empty() ? "" : "; ") + trouble;
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
      batch_.snapshots.push_back({trial.trial.number, trial.last_step, to_bytes(trial.state)});
    }
    return;
  }
  if (facts.stop == StopReason::timeout && trial.has_judged_metric) {
    failures_in_a_row_ = 0;
    trial.trial.reproducible = false;
    return end_trial(trial, study::Outcome::exhausted, "max_trial_seconds; not reproducible");
  }
  const std::string failure = failure_of(facts);
  // A run that reports nothing new may have been unable to go on from its checkpoint.
  const bool went_nowhere = !trial.state.checkpoint.empty() && !trial.has_reported &&
                            facts.stop == StopReason::none && trial.last_step < trial.until;
  const bool can_fall_back = !trial.trial.origin.has_value() || !trial.state.earlier.empty();
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
  return trial.interval > 0 && trial.last_step + kMissing * trial.interval < trial.until;
}

}  // namespace

StopReason ProgramTrials::at_own_end(ProgramTrial& trial) const {
  // Of a run that went on from beyond its last report the target may have been reached before.
  if (!trial.history.empty() && trial.history.back().step <= trial.until) {
    const StopReason reason = judge(trial);
    if (reason != StopReason::none) return reason;
  }
  if (settings_.command->own_budget || has_ended_itself(trial)) return StopReason::exhausted;
  return at_end(trial);
}

void ProgramTrials::fail(ProgramTrial trial, const std::string& failure, const std::string& log) {
  checkpoints_.require_room();
  if (trial.failures < retries_) {
    ++trial.failures;
    keep_saved(trial, false);
    waiting_.push_back(std::move(trial));
    return;
  }
  count_failure(failure);
  end_trial(trial, study::Outcome::failed, failure_note(failure, log));
}

void ProgramTrials::begin_again(ProgramTrial trial, const std::string& why) {
  trial.trouble += (trial.trouble.empty() ? "" : "; ") +
                   ("did not go on from its checkpoint, and began again: " + why);
  leave_checkpoint(trial);
  checkpoints_.release(std::exchange(trial.saving, ""));
  waiting_.push_front(std::move(trial));
}

void ProgramTrials::count_failure(const std::string& failure) {
  const bool is_alike = failure_kind(failure) == failure_kind(last_failure_);
  failures_in_a_row_ = is_alike ? failures_in_a_row_ + 1 : 1;
  last_failure_ = failure;
}

void ProgramTrials::end_trial(ProgramTrial& open, study::Outcome outcome, const std::string& note) {
  study::Trial& trial = open.trial;
  trial.outcome = outcome;
  // Beyond the segments before, whatever it came to: so it is known in which one it ended.
  trial.steps = std::max(open.last_step, open.from > 0 ? open.from + 1 : 0);
  trial.compute_seconds = open.state.seconds;
  if (!note.empty()) trial.note = note;
  if (!open.trouble.empty()) trial.note += (trial.note.empty() ? "" : "\n") + open.trouble;
  std::erase_if(batch_.snapshots, [&](const auto& s) { return s.trial == trial.number; });
  batch_.ended.push_back(trial);
  ++totals_.ended;
  if (outcome == study::Outcome::reached) {
    ++totals_.reached;
    run::take_fewest(totals_.fewest_steps, trial.steps);
  }
  end_segment(open, trial.steps);
  checkpoints_.release(std::exchange(open.saving, ""));
  leave_checkpoint(open);
  leave_checkpoint(open);
}

void ProgramTrials::pause_trial(ProgramTrial open) {
  if (open.state.checkpoint.empty() && study::is_population(settings_.search)) {
    const std::string what = fmt::format(
        "method pbt: copies states, but the program saved nothing into the folder that "
        "SWEETSPOT_CHECKPOINT names by step {}; save there before the report, and go on from "
        "SWEETSPOT_RESUME",
        open.last_step);
    if (!has_saved_) throw Error(ErrorKind::usage, what);
    return fail(std::move(open), what, "");
  }
  open.trial.steps = open.until;
  open.trial.compute_seconds = open.state.seconds;
  open.state.until = open.until;
  batch_.snapshots.push_back({open.trial.number, open.last_step, to_bytes(open.state)});
  batch_.paused.push_back({open.trial.number, open.until, open.state.seconds});
  if (feed_ == nullptr) return;
  const ProgramTrial paused = open;
  paused_[open.trial.number] = std::move(open);
  end_segment(paused, paused.until);
}

void ProgramTrials::end_segment(const ProgramTrial& open, uint64_t steps) {
  if (feed_ == nullptr) return;
  search::SegmentEnd end;
  end.steps = steps;
  end.outcome = open.trial.outcome;
  end.ended_itself = open.trial.ended_itself();
  std::copy_if(open.history.begin(), open.history.end(), std::back_inserter(end.curve),
               [&](const search::CurveCheck& c) { return c.step > open.from && c.step <= steps; });
  for (const run::FedSegment& segment : feed_->after(open.trial, end)) {
    const auto paused = paused_.find(segment.trial.number);
    if (segment.stops) {
      study::Trial trial = paused->second.trial;
      trial.steps = paused->second.last_step;
      stop_paused(std::move(trial), to_bytes(paused->second.state));
      leave_checkpoint(paused->second);
      paused_.erase(paused);
    } else if (paused != paused_.end()) {
      ProgramTrial next = std::move(paused->second);
      paused_.erase(paused);
      next.from = next.trial.steps;
      next.until = segment.until;
      next.is_last = segment.is_last;
      waiting_.push_back(std::move(next));
    } else if (segment.trial.origin.has_value()) {
      const ProgramTrial& origin = paused_.at(static_cast<int>(segment.trial.origin->trial));
      add_segment(segment, to_bytes(origin.state), {});
      // As of a copy that is killed before it saves anything itself.
      batch_.snapshots.push_back(
          {segment.trial.number, segment.trial.origin->step, to_bytes(waiting_.back().state)});
    } else {
      add_segment(segment, std::nullopt, {});
    }
  }
}

}  // namespace sweetspot::programs
