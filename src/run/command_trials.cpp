#include "run/command_trials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "search/hopeless.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::run {

using command::StopReason;

CommandTrials::CommandTrials(const study::Settings& settings, std::vector<std::string> metrics,
                             command::Checkpoints& checkpoints, int retries)
    : settings_(settings),
      metrics_(std::move(metrics)),
      checkpoints_(checkpoints),
      retries_(retries) {}

std::optional<double> CommandTrials::judged_metric(const study::CurvePoint& point) const {
  const auto found = std::find(metrics_.begin(), metrics_.end(), study::judged_metric(settings_));
  const auto column = static_cast<size_t>(found - metrics_.begin());
  if (column >= point.values.size() || !point.values[column].has_value()) return std::nullopt;
  return study::score_of(settings_, *point.values[column]);
}

CommandTrial CommandTrials::trial_of(const study::Trial& trial,
                                     const std::optional<StateBytes>& state,
                                     const study::Curve& curve) const {
  CommandTrial open;
  open.trial = trial;
  open.until = settings_.budget;
  if (state.has_value()) open.state = command::paused_state_of(*state);
  if (trial.origin.has_value()) open.last_step = trial.origin->step;
  open.has_observed = trial.origin.has_value() || !curve.points.empty();
  for (const study::CurvePoint& point : curve.points) {
    open.last_step = point.step;
    if (const auto score = judged_metric(point)) open.history.push_back({point.step, *score});
  }
  return open;
}

void CommandTrials::refer_to(const command::PausedState& state) {
  checkpoints_.refer(state.checkpoint);
  checkpoints_.refer(state.earlier);
}

void CommandTrials::leave_checkpoint(CommandTrial& trial) {
  checkpoints_.release(
      std::exchange(trial.state.checkpoint, std::exchange(trial.state.earlier, "")));
}

bool CommandTrials::has_stood_at(uint64_t until, const study::Trial& kept, uint64_t,
                                 store::StudyStore& store) const {
  if (kept.outcome.has_value()) return true;  // it has gone on from there
  const std::optional<StateBytes> state = store.snapshot(kept.number);
  return state.has_value() && command::paused_state_of(*state).until >= until;
}

void CommandTrials::keep_progress(CommandTrial& running, double seconds) {
  const bool is_new = running.has_reported && running.last_step != running.kept_step;
  if (!is_new || !checkpoints_.has_content(running.saving)) return;
  running.kept_step = running.last_step;
  batch_.snapshots.push_back({running.trial.number, running.last_step,
                              command::to_bytes({running.saving, running.state.seconds + seconds,
                                                 running.state.checkpoint, running.state.until})});
}

void CommandTrials::add_waiting(const study::Trial& trial, const std::optional<StateBytes>& state,
                                const study::Curve& curve) {
  waiting_.push_back(trial_of(trial, state, curve));
  refer_to(waiting_.back().state);
}

void CommandTrials::add_segment(const FedSegment& segment, const std::optional<StateBytes>& state,
                                const study::Curve& curve) {
  CommandTrial open = trial_of(segment.trial, state, curve);
  if (segment.is_new) {
    open.state.seconds = 0;
    batch_.added.push_back(segment.trial);
    ++totals_.fed;
  }
  open.from = segment.trial.steps;
  if (segment.until > 0) open.until = segment.until;
  open.is_last = segment.is_last;
  refer_to(open.state);
  waiting_.push_back(std::move(open));
}

void CommandTrials::add_paused(const study::Trial& trial, const StateBytes& state,
                               const study::Curve& curve) {
  CommandTrial open = trial_of(trial, state, curve);
  refer_to(open.state);
  paused_[trial.number] = std::move(open);
}

void CommandTrials::stop_paused(study::Trial trial, const StateBytes& state) {
  const command::PausedState paused = command::paused_state_of(state);
  trial.compute_seconds = paused.seconds;
  trial.outcome = study::Outcome::pruned;
  trial.note = study::kDropped;
  std::erase_if(batch_.snapshots, [&](const auto& s) { return s.trial == trial.number; });
  batch_.ended.push_back(std::move(trial));
  ++totals_.ended;
}

void CommandTrials::abandon(const std::vector<int>& numbers) {
  std::erase_if(waiting_, [&](const CommandTrial& open) {
    return std::find(numbers.begin(), numbers.end(), open.trial.number) != numbers.end();
  });
}

std::vector<int> CommandTrials::waiting_numbers() const {
  std::vector<int> numbers;
  for (const CommandTrial& open : waiting_) numbers.push_back(open.trial.number);
  return numbers;
}

CommandTrial CommandTrials::next() {
  CommandTrial trial = std::move(waiting_.front());
  waiting_.pop_front();
  if (!trial.state.checkpoint.empty() && !checkpoints_.has_content(trial.state.checkpoint)) {
    trial.trouble = "its checkpoint was missing";
    leave_checkpoint(trial);
  }
  trial.saving = checkpoints_.create(trial.trial.number);
  trial.counted = trial.state.checkpoint.empty() ? 0 : trial.last_step;
  trial.backwards = 0;
  trial.has_reported = false;
  trial.kept_step.reset();
  trial.has_judged_metric = !trial.history.empty();
  trial.metrics.clear();
  trial.point.reset();
  return trial;
}

size_t CommandTrials::metric_index(const std::string& name) {
  const auto found = std::find(metrics_.begin(), metrics_.end(), name);
  if (found == metrics_.end()) {
    metrics_.push_back(name);
    return metrics_.size() - 1;
  }
  return static_cast<size_t>(found - metrics_.begin());
}

std::optional<uint64_t> CommandTrials::take_metrics(CommandTrial& running,
                                                    const command::Report& report) {
  const uint64_t step = report.step.value_or(++running.counted);
  const bool adds = running.point.has_value() && running.point->step == step;
  if (!adds && running.has_observed && step <= running.last_step) {
    // A run that began again before where the trial stood comes by its steps once more.
    if (running.has_reported) ++running.backwards;
    return std::nullopt;
  }
  if (!adds) {
    totals_.trial_steps += step - running.last_step;
    running.point = study::CurvePoint{step, {}};
    running.last_step = step;
    running.has_observed = true;
    running.has_reported = true;
  }
  study::CurvePoint& point = *running.point;
  bool comes_twice = false;
  for (const auto& [name, value] : report.metrics) {
    const size_t index = metric_index(name);
    if (point.values.size() <= index) point.values.resize(index + 1);
    // Of a metric that comes twice at one step the first stands.
    if (point.values[index].has_value()) {
      comes_twice = true;
    } else {
      point.values[index] = value;
    }
  }
  if (comes_twice) ++running.backwards;
  auto& observations = batch_.observations;
  if (adds && !observations.empty() && observations.back().trial == running.trial.number &&
      observations.back().point.step == step) {
    observations.back().point = point;
  } else {
    observations.push_back({running.trial.number, point});
  }
  return step;
}

StopReason CommandTrials::observe(CommandTrial& running, const command::Report& report) {
  for (const auto& [name, value] : report.metrics) {
    if (std::find(running.metrics.begin(), running.metrics.end(), name) == running.metrics.end()) {
      running.metrics.push_back(name);
    }
  }
  const auto judged = report.metrics.find(study::judged_metric(settings_));
  const bool has_judged = judged != report.metrics.end();
  running.has_judged_metric = running.has_judged_metric || has_judged;
  const std::optional<uint64_t> step = take_metrics(running, report);
  if (!step.has_value()) return StopReason::none;
  const bool is_known = !running.history.empty() && running.history.back().step >= *step;
  const bool has_score = has_judged && judged->second.has_value() && !is_known;
  if (has_score) {
    running.history.push_back({*step, study::score_of(settings_, *judged->second)});
  }
  // Beyond the segment's end nothing is judged before the search has looked at it. At its end the
  // judged metric may come in a line of its own.
  if (*step > running.until) return at_end(running);
  if (has_judged && !judged->second.has_value()) return StopReason::diverged;
  return has_score ? judge(running) : StopReason::none;
}

StopReason CommandTrials::at_end(const CommandTrial& running) const {
  const bool is_final = running.is_last || running.until >= settings_.budget;
  return is_final ? StopReason::exhausted : StopReason::paused;
}

StopReason CommandTrials::judge(CommandTrial& running) const {
  const auto [step, score] = running.history.back();
  const study::Target& target = settings_.target;
  const bool has_target =
      !target.metric.empty() && target.metric == study::judged_metric(settings_);
  if (has_target && score >= study::score_of(settings_, target.value)) return StopReason::reached;
  if (step >= running.until && at_end(running) == StopReason::exhausted) {
    return StopReason::exhausted;
  }
  if (has_target && settings_.early_stop == "on") {
    const std::string reason = search::hopeless_reason(
        {.target = target.value, .budget = settings_.budget, .curve = running.history});
    if (!reason.empty()) {
      running.trial.given_up_at = step;
      running.trial.note = reason;
      return StopReason::hopeless;
    }
  }
  return step >= running.until ? StopReason::paused : StopReason::none;
}

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

void CommandTrials::keep_saved(CommandTrial& trial, bool is_whole) {
  if (!checkpoints_.has_content(trial.saving)) {
    checkpoints_.release(std::exchange(trial.saving, ""));
    return;
  }
  has_saved_ = true;
  checkpoints_.release(std::exchange(trial.state.earlier, ""));
  trial.state.earlier = std::exchange(trial.state.checkpoint, std::exchange(trial.saving, ""));
  if (is_whole) checkpoints_.release(std::exchange(trial.state.earlier, ""));
}

void CommandTrials::end_run(CommandTrial trial, command::RunFacts facts, double seconds,
                            const std::string& log) {
  trial.state.seconds += seconds;
  facts.has_judged_metric = trial.has_judged_metric;
  facts.judged_metric = study::judged_metric(settings_);
  facts.other_metrics = trial.metrics;
  const auto say = [&](const std::string& trouble) {
    trial.trouble += (trial.trouble.empty() ? "" : "; ") + trouble;
  };
  if (trial.backwards > 0) {
    say(fmt::format("{} of its reports were of steps that were there before", trial.backwards));
  }
  if (facts.end.left_children && facts.stop == StopReason::none) {
    say("processes that it left behind were ended");
  }
  // What was cut in saving may be half written.
  const bool is_whole = facts.end.signal == 0 && facts.end.exit_code == 0;
  if (facts.stop == StopReason::interrupted) {
    keep_saved(trial, is_whole);
    if (!trial.state.checkpoint.empty()) {
      batch_.snapshots.push_back(
          {trial.trial.number, trial.last_step, command::to_bytes(trial.state)});
    }
    return;
  }
  if (facts.stop == StopReason::timeout && trial.has_judged_metric) {
    failures_in_a_row_ = 0;
    trial.trial.reproducible = false;
    return end_trial(trial, study::Outcome::exhausted, "max_trial_seconds; not reproducible");
  }
  const std::string failure = command::failure_of(facts);
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

StopReason CommandTrials::at_own_end(CommandTrial& trial) const {
  // Of a run that went on from beyond its last report the target may have been reached before.
  if (!trial.history.empty() && trial.history.back().step <= trial.until) {
    const StopReason reason = judge(trial);
    if (reason != StopReason::none) return reason;
  }
  // Reports need not come where a segment ends: a program that was told how far to go has gone
  // there.
  return settings_.command->own_budget ? StopReason::exhausted : at_end(trial);
}

void CommandTrials::fail(CommandTrial trial, const std::string& failure, const std::string& log) {
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

void CommandTrials::begin_again(CommandTrial trial, const std::string& why) {
  trial.trouble += (trial.trouble.empty() ? "" : "; ") +
                   ("did not go on from its checkpoint, and began again: " + why);
  leave_checkpoint(trial);
  checkpoints_.release(std::exchange(trial.saving, ""));
  waiting_.push_front(std::move(trial));
}

void CommandTrials::count_failure(const std::string& failure) {
  const bool is_alike = command::failure_kind(failure) == command::failure_kind(last_failure_);
  failures_in_a_row_ = is_alike ? failures_in_a_row_ + 1 : 1;
  last_failure_ = failure;
}

void CommandTrials::end_trial(CommandTrial& open, study::Outcome outcome, const std::string& note) {
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
  totals_.reached += outcome == study::Outcome::reached ? 1 : 0;
  end_segment(open, trial.steps);
  checkpoints_.release(std::exchange(open.saving, ""));
  leave_checkpoint(open);
  leave_checkpoint(open);
}

void CommandTrials::pause_trial(CommandTrial open) {
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
  batch_.snapshots.push_back({open.trial.number, open.last_step, command::to_bytes(open.state)});
  batch_.paused.push_back({open.trial.number, open.until, open.state.seconds});
  if (feed_ == nullptr) return;
  const CommandTrial paused = open;
  paused_[open.trial.number] = std::move(open);
  end_segment(paused, paused.until);
}

void CommandTrials::end_segment(const CommandTrial& open, uint64_t steps) {
  if (feed_ == nullptr) return;
  search::SegmentEnd end;
  end.steps = steps;
  end.outcome = open.trial.outcome;
  std::copy_if(open.history.begin(), open.history.end(), std::back_inserter(end.curve),
               [&](const search::CurveCheck& c) { return c.step > open.from && c.step <= steps; });
  for (const FedSegment& segment : feed_->after(open.trial, end)) {
    const auto paused = paused_.find(segment.trial.number);
    if (segment.stops) {
      study::Trial trial = paused->second.trial;
      trial.steps = paused->second.last_step;
      stop_paused(std::move(trial), command::to_bytes(paused->second.state));
      leave_checkpoint(paused->second);
      paused_.erase(paused);
    } else if (paused != paused_.end()) {
      CommandTrial next = std::move(paused->second);
      paused_.erase(paused);
      next.from = next.trial.steps;
      next.until = segment.until;
      next.is_last = segment.is_last;
      waiting_.push_back(std::move(next));
    } else if (segment.trial.origin.has_value()) {
      const CommandTrial& origin = paused_.at(static_cast<int>(segment.trial.origin->trial));
      add_segment(segment, command::to_bytes(origin.state), {});
      // As of a copy that is killed before it saves anything itself.
      batch_.snapshots.push_back({segment.trial.number, segment.trial.origin->step,
                                  command::to_bytes(waiting_.back().state)});
    } else {
      add_segment(segment, std::nullopt, {});
    }
  }
}

store::Batch CommandTrials::take_batch() {
  return std::exchange(batch_, {});
}

RunTotals CommandTrials::totals() const {
  RunTotals totals = totals_;
  totals.open = waiting_.size();
  return totals;
}

}  // namespace sweetspot::run
