#include "programs/program_trials.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "search/hopeless.hpp"

namespace sweetspot::programs {

namespace {

// A program that makes up names without end fills neither memory nor disk.
constexpr size_t kMostMetrics = 500;

}  // namespace

ProgramTrials::ProgramTrials(const study::Settings& settings, std::vector<std::string> metrics,
                             Checkpoints& checkpoints, int retries)
    : settings_(settings),
      metrics_(std::move(metrics)),
      checkpoints_(checkpoints),
      retries_(retries) {}

std::optional<double> ProgramTrials::judged_metric(const study::Curve& curve,
                                                   const study::CurvePoint& point) const {
  // The store may have the metrics in another order: that in which another worker came upon them.
  const auto found =
      std::find(curve.metrics.begin(), curve.metrics.end(), study::judged_metric(settings_));
  const auto column = static_cast<size_t>(found - curve.metrics.begin());
  if (column >= point.values.size() || !point.values[column].has_value()) return std::nullopt;
  return study::score_of(settings_, *point.values[column]);
}

study::CurvePoint ProgramTrials::in_own_order(const study::Curve& curve,
                                              const study::CurvePoint& point) {
  study::CurvePoint own{point.step, {}};
  for (size_t i = 0; i < std::min(curve.metrics.size(), point.values.size()); ++i) {
    const std::optional<size_t> index = metric_index(curve.metrics[i]);
    if (!index.has_value()) continue;
    if (own.values.size() <= *index) own.values.resize(*index + 1);
    own.values[*index] = point.values[i];
  }
  return own;
}

ProgramTrial ProgramTrials::trial_of(const study::Trial& trial,
                                     const std::optional<run::StateBytes>& state,
                                     const study::Curve& curve) {
  ProgramTrial open;
  open.trial = trial;
  open.until = settings_.budget;
  if (state.has_value()) open.state = paused_state_of(*state);
  if (trial.origin.has_value()) open.last_step = trial.origin->step;
  open.has_observed = trial.origin.has_value() || !curve.points.empty();
  for (const study::CurvePoint& point : curve.points) {
    open.interval = std::max(open.interval, point.step - std::min(point.step, open.last_step));
    open.last_step = point.step;
    if (const auto score = judged_metric(curve, point)) {
      open.history.push_back({point.step, *score});
    }
  }
  if (!curve.points.empty()) open.point = in_own_order(curve, curve.points.back());
  return open;
}

void ProgramTrials::refer_to(const PausedState& state) {
  checkpoints_.refer(state.checkpoint);
  checkpoints_.refer(state.earlier);
}

void ProgramTrials::leave_checkpoint(ProgramTrial& trial) {
  checkpoints_.release(
      std::exchange(trial.state.checkpoint, std::exchange(trial.state.earlier, "")));
}

bool ProgramTrials::has_stood_at(uint64_t until, const study::Trial& kept, uint64_t,
                                 store::StudyStore& store) const {
  if (kept.outcome.has_value()) return true;  // it has gone on from there
  const std::optional<run::StateBytes> state = store.snapshot(kept.number);
  return state.has_value() && paused_state_of(*state).until >= until;
}

void ProgramTrials::keep_progress(ProgramTrial& running, double seconds) {
  const bool is_new = running.has_reported && running.last_step != running.kept_step;
  if (!is_new || !checkpoints_.has_content(running.saving)) return;
  running.kept_step = running.last_step;
  batch_.snapshots.push_back({running.trial.number, running.last_step,
                              to_bytes({running.saving, running.state.seconds + seconds,
                                        running.state.checkpoint, running.state.until})});
}

void ProgramTrials::add_segment(const run::FedSegment& segment,
                                const std::optional<run::StateBytes>& state,
                                const study::Curve& curve) {
  ProgramTrial open = trial_of(segment.trial, state, curve);
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

void ProgramTrials::add_paused(const study::Trial& trial, const run::StateBytes& state,
                               const study::Curve& curve) {
  ProgramTrial open = trial_of(trial, state, curve);
  refer_to(open.state);
  paused_[trial.number] = std::move(open);
}

void ProgramTrials::stop_paused(study::Trial trial, const run::StateBytes& state) {
  const PausedState paused = paused_state_of(state);
  trial.compute_seconds = paused.seconds;
  trial.outcome = study::Outcome::pruned;
  trial.note = study::kDropped;
  std::erase_if(batch_.snapshots, [&](const auto& s) { return s.trial == trial.number; });
  batch_.ended.push_back(std::move(trial));
  ++totals_.ended;
}

void ProgramTrials::abandon(const std::vector<int>& numbers) {
  std::erase_if(waiting_, [&](const ProgramTrial& open) {
    return std::find(numbers.begin(), numbers.end(), open.trial.number) != numbers.end();
  });
}

std::vector<int> ProgramTrials::waiting_numbers() const {
  std::vector<int> numbers;
  for (const ProgramTrial& open : waiting_) numbers.push_back(open.trial.number);
  return numbers;
}

ProgramTrial ProgramTrials::next() {
  ProgramTrial trial = std::move(waiting_.front());
  waiting_.pop_front();
  if (!trial.state.checkpoint.empty() && !checkpoints_.has_content(trial.state.checkpoint)) {
    trial.trouble = "its checkpoint was missing";
    leave_checkpoint(trial);
  }
  trial.saving = checkpoints_.create(trial.trial.number);
  trial.steps = ReportSteps(trial.state.checkpoint.empty() ? 0 : trial.last_step);
  trial.backwards = 0;
  trial.has_reported = false;
  trial.kept_step.reset();
  trial.has_judged_metric = !trial.history.empty();
  trial.judged_nulls = 0;
  trial.judged_texts = 0;
  trial.metrics.clear();
  trial.left_out.clear();
  // What the search has seen stays as it saw it.
  if (trial.point.has_value() && trial.point->step <= trial.from) trial.point.reset();
  return trial;
}

void ProgramTrials::put_back(ProgramTrial trial) {
  checkpoints_.release(std::exchange(trial.saving, ""));
  waiting_.push_front(std::move(trial));
}

std::optional<size_t> ProgramTrials::metric_index(const std::string& name) {
  const auto found = std::find(metrics_.begin(), metrics_.end(), name);
  const auto index = static_cast<size_t>(found - metrics_.begin());
  if (found != metrics_.end()) return index;
  // What is judged always has a place.
  if (index >= kMostMetrics && name != study::judged_metric(settings_)) return std::nullopt;
  metrics_.push_back(name);
  return index;
}

std::optional<uint64_t> ProgramTrials::take_metrics(ProgramTrial& running, const Report& report) {
  const uint64_t step = running.steps.take(report);
  const bool adds = running.point.has_value() && running.point->step == step;
  if (!adds && running.has_observed && step <= running.last_step) {
    // A run that began again before where the trial stood comes by its steps once more.
    if (running.has_reported) ++running.backwards;
    return std::nullopt;
  }
  study::CurvePoint point = adds ? *running.point : study::CurvePoint{step, {}};
  bool comes_twice = false;
  bool is_new = !adds;
  for (const auto& [name, value] : report.metrics) {
    const std::optional<size_t> index = metric_index(name);
    if (!index.has_value()) {
      if (running.left_out.empty()) running.left_out = name;
      continue;
    }
    if (point.values.size() <= *index) point.values.resize(*index + 1);
    // Of a metric that comes twice at one step the first stands.
    if (point.values[*index].has_value()) {
      comes_twice = true;
      continue;
    }
    is_new = is_new || value.has_value();
    if (value.has_value() && std::isfinite(*value)) point.values[*index] = value;
  }
  if (comes_twice && running.has_reported) ++running.backwards;
  if (!is_new) return step;
  if (!adds) {
    totals_.trial_steps += step - running.last_step;
    running.interval = std::max(running.interval, step - running.last_step);
    running.last_step = step;
    running.has_observed = true;
  }
  running.has_reported = true;
  running.point = point;
  auto& observations = batch_.observations;
  if (adds && !observations.empty() && observations.back().trial == running.trial.number &&
      observations.back().point.step == step) {
    observations.back().point = std::move(point);
  } else {
    observations.push_back({running.trial.number, std::move(point)});
  }
  return step;
}

StopReason ProgramTrials::observe(ProgramTrial& running, const Report& report) {
  for (const auto& [name, value] : report.metrics) {
    const bool is_new =
        std::find(running.metrics.begin(), running.metrics.end(), name) == running.metrics.end();
    if (is_new && running.metrics.size() < kMostMetrics) running.metrics.push_back(name);
  }
  const std::string& name = study::judged_metric(settings_);
  const auto judged = report.metrics.find(name);
  const bool has_judged = judged != report.metrics.end();
  const bool is_null = has_judged && !judged->second.has_value();
  const bool is_number = has_judged && !is_null;
  running.has_judged_metric = running.has_judged_metric || is_number;
  if (is_null) ++running.judged_nulls;
  if (std::find(report.texts.begin(), report.texts.end(), name) != report.texts.end()) {
    ++running.judged_texts;
  }
  const std::optional<uint64_t> step = take_metrics(running, report);
  if (!step.has_value()) return StopReason::none;
  const bool is_finite = is_number && std::isfinite(*judged->second);
  // Null is how some programs say "not yet", and how others write a NaN: which of them, the
  // numbers before it tell.
  const bool has_diverged = has_judged && !is_finite && (is_number || !running.history.empty());
  const bool is_known = !running.history.empty() && running.history.back().step >= *step;
  const bool has_score = is_finite && !is_known;
  if (has_score) {
    running.history.push_back({*step, study::score_of(settings_, *judged->second)});
    run::take_best(totals_.best_score, running.history.back().metric);
  }
  // Beyond the segment's end nothing is judged before the search has looked at it. At its end the
  // judged metric may come in a line of its own.
  if (*step > running.until) {
    const StopReason end = at_end(running);
    const bool is_nothing = running.history.empty() && end == StopReason::exhausted;
    return has_diverged && is_nothing ? StopReason::diverged : end;
  }
  if (has_diverged && !is_known) return StopReason::diverged;
  return has_score ? judge(running) : StopReason::none;
}

StopReason ProgramTrials::at_end(const ProgramTrial& running) const {
  const bool is_final = running.is_last || running.until >= settings_.budget;
  return is_final ? StopReason::exhausted : StopReason::paused;
}

StopReason ProgramTrials::judge(ProgramTrial& running) const {
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

store::Batch ProgramTrials::take_batch() {
  return std::exchange(batch_, {});
}

run::RunTotals ProgramTrials::totals() const {
  run::RunTotals totals = totals_;
  totals.open = waiting_.size();
  return totals;
}

}  // namespace sweetspot::programs
