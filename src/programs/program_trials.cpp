#include "programs/program_trials.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sweetspot::programs {

namespace {

// A program that makes up names without end fills neither memory nor disk.
constexpr size_t kMostMetrics = 500;

}  // namespace

ProgramTrials::ProgramTrials(const study::Settings& settings, std::vector<std::string> metrics,
                             Checkpoints& checkpoints, int retries,
                             std::function<void(int)> on_left)
    // The rule is for accuracies, which programs that ask for it report.
    : Ledger(settings, {.is_on = settings.early_stop == "on"}),
      metrics_(std::move(metrics)),
      checkpoints_(checkpoints),
      retries_(retries),
      on_left_(std::move(on_left)) {}

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

void ProgramTrials::opened(trials::OpenTrial& open, const study::Curve& curve) {
  if (!curve.points.empty()) open.point = in_own_order(curve, curve.points.back());
}

void ProgramTrials::hold_state(const trials::StateBytes& state) {
  const PausedState paused = paused_state_of(state);
  checkpoints_.refer(paused.checkpoint);
  checkpoints_.refer(paused.earlier);
}

void ProgramTrials::drop_state(const trials::StateBytes& state) {
  const PausedState paused = paused_state_of(state);
  checkpoints_.release(paused.checkpoint);
  checkpoints_.release(paused.earlier);
}

void ProgramTrials::settle(study::Trial& trial, const trials::StateBytes& state) const {
  trial.compute_seconds = paused_state_of(state).seconds;
}

trials::StateBytes ProgramTrials::as_copy(const trials::StateBytes& state) const {
  PausedState copy = paused_state_of(state);
  copy.seconds = 0;
  return to_bytes(copy);
}

void ProgramTrials::left(int number) {
  under_way_.erase(number);
  on_left_(number);
}

void ProgramTrials::leave_checkpoint(ProgramTrial& trial) {
  checkpoints_.release(
      std::exchange(trial.state.checkpoint, std::exchange(trial.state.earlier, "")));
}

bool ProgramTrials::has_stood_at(uint64_t until, const study::Trial& kept, uint64_t,
                                 store::StudyStore& store) const {
  if (kept.outcome.has_value()) return true;  // it has gone on from there
  const std::optional<trials::StateBytes> state = store.snapshot(kept.number);
  return state.has_value() && paused_state_of(*state).until >= until;
}

void ProgramTrials::keep_progress(ProgramTrial& running, double seconds) {
  const Lock lock(mutex_);
  const bool is_new = running.has_reported && running.open->last_step != running.kept_step;
  if (!is_new || !checkpoints_.has_content(running.saving)) return;
  running.kept_step = running.open->last_step;
  keep_snapshot(running.number, running.open->last_step,
                to_bytes({running.saving, running.state.seconds + seconds, running.state.checkpoint,
                          running.state.until}));
}

bool ProgramTrials::has_unwritten() {
  const Lock lock(mutex_);
  return !batch_.observations.empty();
}

ProgramTrial ProgramTrials::next() {
  const Lock lock(mutex_);
  ProgramTrial trial;
  trial.open = &begin_next(0);
  trial.number = trial.open->trial.number;
  if (trial.open->state.has_value()) {
    trial.state = paused_state_of(*std::exchange(trial.open->state, std::nullopt));
  }
  if (!trial.state.checkpoint.empty() && !checkpoints_.has_content(trial.state.checkpoint)) {
    trial.open->trouble = "its checkpoint was missing";
    leave_checkpoint(trial);
  }
  trial.saving = checkpoints_.create(trial.number);
  trial.steps = ReportSteps(trial.state.checkpoint.empty() ? 0 : trial.open->last_step);
  trial.has_judged_metric = !trial.open->history.empty();
  // What the search has seen stays as it saw it.
  std::optional<study::CurvePoint>& point = trial.open->point;
  if (point.has_value() && point->step <= trial.open->from) point.reset();
  return trial;
}

void ProgramTrials::put_back(ProgramTrial trial) {
  const Lock lock(mutex_);
  checkpoints_.release(std::exchange(trial.saving, ""));
  wait_again(std::move(trial), /*as_first=*/true);
}

void ProgramTrials::wait_again(ProgramTrial trial, bool as_first) {
  trials::OpenTrial open = take_under_way(trial.number);
  open.state = to_bytes(trial.state);
  Ledger::wait_again(std::move(open), as_first);
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
  const bool adds = running.open->point.has_value() && running.open->point->step == step;
  if (!adds && running.open->has_observed && step <= running.open->last_step) {
    // A run that began again before where the trial stood comes by its steps once more.
    if (running.has_reported) ++running.backwards;
    return std::nullopt;
  }
  study::CurvePoint point = adds ? *running.open->point : study::CurvePoint{step, {}};
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
    totals_.trial_steps += step - running.open->last_step;
    running.open->interval = std::max(running.open->interval, step - running.open->last_step);
    running.open->last_step = step;
    running.open->has_observed = true;
  }
  running.has_reported = true;
  running.open->point = point;
  auto& observations = batch_.observations;
  if (adds && !observations.empty() && observations.back().trial == running.number &&
      observations.back().point.step == step) {
    observations.back().point = std::move(point);
  } else {
    observations.push_back({running.number, std::move(point)});
  }
  return step;
}

StopReason ProgramTrials::observe(ProgramTrial& running, const Report& report) {
  const Lock lock(mutex_);
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
  const bool has_diverged =
      has_judged && !is_finite && (is_number || !running.open->history.empty());
  const bool is_known =
      !running.open->history.empty() && running.open->history.back().step >= *step;
  const bool has_score = is_finite && !is_known;
  if (has_score) {
    running.open->history.push_back({*step, study::score_of(settings_, *judged->second)});
    trials::take_best(totals_.best_score, running.open->history.back().metric);
  }
  // Beyond the segment's end nothing is judged before the search has looked at it. At its end the
  // judged metric may come in a line of its own.
  if (*step > running.open->until) {
    const StopReason end = at_end(running);
    const bool is_nothing = running.open->history.empty() && end == StopReason::exhausted;
    return has_diverged && is_nothing ? StopReason::diverged : end;
  }
  if (has_diverged && !is_known) return StopReason::diverged;
  return has_score ? judge(running) : StopReason::none;
}

StopReason ProgramTrials::judge(const ProgramTrial& running) const {
  switch (trials::judge(settings_, rule_, *running.open)) {
    case trials::Verdict::reached:
      return StopReason::reached;
    case trials::Verdict::exhausted:
      return StopReason::exhausted;
    case trials::Verdict::hopeless:
      return StopReason::hopeless;
    case trials::Verdict::pause:
      return StopReason::paused;
    case trials::Verdict::go_on:
      break;
  }
  return StopReason::none;
}

StopReason ProgramTrials::at_end(const ProgramTrial& running) const {
  return trials::is_final(settings_, *running.open) ? StopReason::exhausted : StopReason::paused;
}

}  // namespace sweetspot::programs
