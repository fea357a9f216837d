#include "programs/program_executor.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "programs/trial_run.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::programs {
namespace {

// What was observed is kept at once, but for that it takes at most one part of so many.
constexpr int kKeepingTakes = 10;
// Report files tell nobody when they grow.
constexpr std::chrono::milliseconds kLookEvery{20};
constexpr size_t kNoteLines = 10;

}  // namespace

ProgramExecutor::ProgramExecutor(store::StudyStore& store, const ProgramOptions& options,
                                 std::atomic<bool>& pause)
    : store_(store),
      options_(options),
      pause_(pause),
      record_(*store.record()),
      settings_(record_.settings),
      arguments_(settings_.command->command, settings_.command->shell),
      files_({options.files, record_.identity, store.part(),
              [this](const std::filesystem::path& folder) { return names_some_of(folder); }},
             /*is_alone=*/!options.shared.has_value()),
      checkpoints_(files_.checkpoints(), record_.identity),
      trials_(settings_, store_.curve(0).metrics, checkpoints_, options.retries,
              [this](int number) { leave(number); }),
      slots_(static_cast<size_t>(options.parallel)),
      is_alone_(!options.shared.has_value()) {
  if (!settings_.command->metric_pattern.empty()) {
    pattern_.emplace(settings_.command->metric_pattern);
  }
  for (size_t i = 0; i < slots_.size() && !options.gpus.empty(); ++i) {
    slots_[i].gpu = options.gpus[i % options.gpus.size()];
  }
  require_open_files(places_needed());
  for (const study::Trial& trial : store_.trials()) {
    const bool has_failed = trial.outcome == study::Outcome::failed;
    if (trial.outcome.has_value() && !has_failed) has_worked_before_ = true;
  }
}

// Whether a trial that has not ended is to go on from a checkpoint there.
bool ProgramExecutor::names_some_of(const std::filesystem::path& folder) {
  for (const study::Trial& trial : store_.trials()) {
    if (trial.outcome.has_value()) continue;
    const std::optional<trials::StateBytes> state = store_.snapshot(trial.number);
    if (!state.has_value()) continue;
    const PausedState paused = paused_state_of(*state);
    for (const std::string& name : {paused.checkpoint, paused.earlier}) {
      if (!name.empty() && std::filesystem::is_directory(folder / name)) return true;
    }
  }
  return false;
}

// A study without a search may have fewer trials left than there are places.
size_t ProgramExecutor::places_needed() {
  if (!is_alone_ || settings_.kind == study::Kind::tune) return slots_.size();
  const std::vector<study::Trial> trials = store_.trials();
  const auto open = std::count_if(trials.begin(), trials.end(),
                                  [](const auto& trial) { return !trial.outcome.has_value(); });
  return std::min(slots_.size(), static_cast<size_t>(open));
}

std::vector<size_t> ProgramExecutor::admission_order(
    const std::vector<study::Trial>& trials) const {
  std::vector<size_t> order(trials.size());
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}

bool ProgramExecutor::start(bool more_may_come) {
  more_may_come_ = more_may_come;
  start_ = Clock::now();
  next_keep_ = start_;
  // Others' are referred to by them. What was referred to before has been written by now.
  if (is_alone_) checkpoints_.remove_unreferenced();
  return more_may_come || trials_.waiting(0) > 0;
}

bool ProgramExecutor::has_given_up() const {
  constexpr int kPatience = 5;
  const bool has_worked = has_worked_before_ || trials_.has_worked();
  const int most = options_.give_up_after * (has_worked ? kPatience : 1);
  return most > 0 && trials_.failures_in_a_row() >= most;
}

bool ProgramExecutor::is_stopping() {
  if (has_given_up()) {
    const int failures = trials_.failures_in_a_row();
    failure_ = fmt::format(
        "the last {}: {}",
        failures == 1 ? "training failed" : fmt::format("{} trainings failed alike", failures),
        trials_.last_failure());
    pause_.store(true);
  }
  if (!shortage_.empty()) pause_.store(true);
  return pause_.load();
}

size_t ProgramExecutor::running() const {
  return static_cast<size_t>(std::count_if(slots_.begin(), slots_.end(),
                                           [](const ProgramSlot& s) { return s.run != nullptr; }));
}

ProgramExecutor::Progress ProgramExecutor::train_until(Clock::time_point until) {
  while (true) {
    if (!is_stopping()) fill_slots();
    const bool waits_for_others = more_may_come_ && !is_stopping();
    if (running() == 0 && !waits_for_others) return Progress::everything;
    wait_until(until);
    for (ProgramSlot& slot : slots_) look_at(slot);
    const bool has_news = std::exchange(has_news_, false);
    // A program that is killed with sweetspot goes on from what it saved last, and does not tell
    // again what it had told before that.
    const bool is_to_keep = is_alone_ && trials_.has_unwritten() && Clock::now() >= next_keep_;
    if ((has_news && !is_alone_) || is_to_keep) return Progress::news;
    if (Clock::now() >= until) return Progress::none;
  }
}

void ProgramExecutor::fill_slots() {
  for (ProgramSlot& slot : slots_) {
    if (slot.run == nullptr && trials_.waiting(0) > 0 && shortage_.empty()) start(slot);
  }
}

void ProgramExecutor::start(ProgramSlot& slot) {
  ProgramTrial open = trials_.next();
  try {
    slot.run = begun({settings_, arguments_, checkpoints_, options_, files_.reports(),
                      pattern_.has_value() ? &*pattern_ : nullptr, open_files_},
                     open, slot.gpu);
    slot.trial = std::move(open);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::system) throw;
    wait_for_files(std::move(open), error.what());
  }
}

// Where the system has no more to give for another trial, those that run pause.
void ProgramExecutor::wait_for_files(ProgramTrial trial, const std::string& why) {
  shortage_ = why + "; all that was reported is kept, and the same command goes on";
  trials_.put_back(std::move(trial));
}

void ProgramExecutor::wait_until(Clock::time_point until) {
  std::vector<pollfd> ends;
  until = std::min(until, Clock::now() + kLookEvery);
  for (const ProgramSlot& slot : slots_) {
    if (slot.run == nullptr) continue;
    for (const int end : slot.run->ends()) ends.push_back({end, POLLIN, 0});
    until = std::min(until, slot.run->deadline());
  }
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  poll(ends.data(), ends.size(), static_cast<int>(std::max<int64_t>(left, 0)));
}

void ProgramExecutor::look_at(ProgramSlot& slot) {
  if (slot.run == nullptr) return;
  for (const Report& report : slot.run->read()) {
    if (slot.trial->open == nullptr) break;
    const StopReason before = slot.run->stop_reason();
    const bool is_over = before != StopReason::none && before != StopReason::interrupted;
    // How far a program comes before it stops is chance; but a step may have several lines.
    if (is_over && !ProgramTrials::adds_to_last_step(*slot.trial, report)) {
      slot.run->hurry();
      break;
    }
    const StopReason reason = trials_.observe(*slot.trial, report);
    if (is_over) continue;
    if (reason == StopReason::paused || reason == StopReason::exhausted) {
      slot.run->stop_soon(reason);
    } else if (reason != StopReason::none) {
      slot.run->stop(reason);
    }
  }
  if (is_stopping() && slot.run->stop_reason() == StopReason::none) {
    is_interrupted_ = true;
    slot.run->stop(StopReason::interrupted);
  }
  if (slot.run->has_ended()) end(slot);
}

void ProgramExecutor::end(ProgramSlot& slot) {
  const RunFacts facts = slot.run->facts();
  const double seconds = slot.run->seconds();
  const std::string last_lines = slot.run->last_lines(kNoteLines);
  files_.add_to_log(slot.trial->number, slot.run->log());
  ProgramTrial trial = std::move(*slot.trial);
  has_news_ = true;
  slot.trial.reset();
  // Before its checkpoint is looked at, which takes a descriptor where there may be no other.
  slot.run.reset();
  busy_seconds_ += seconds;
  if (trial.open == nullptr) return;
  if (const std::string why = shortage_of(facts); !why.empty()) {
    return wait_for_files(std::move(trial), why);
  }
  trials_.end_run(std::move(trial), facts, seconds, last_lines);
}

std::vector<run::Shortage> ProgramExecutor::shortages() {
  const size_t open = running() + trials_.waiting(0);
  if (is_stopping() || open >= slots_.size()) return {};
  return {{slots_.size() - open, std::nullopt}};
}

store::Batch ProgramExecutor::take_batch() {
  for (ProgramSlot& slot : slots_) {
    if (slot.run != nullptr && slot.trial->open != nullptr) {
      trials_.keep_progress(*slot.trial, slot.run->seconds());
    }
  }
  return trials_.take_batch();
}

void ProgramExecutor::written(bool, double seconds) {
  next_keep_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                  std::chrono::duration<double>(kKeepingTakes * seconds));
  // Of a population another worker may copy what has ended here.
  if (is_alone_ || !study::is_population(settings_.search)) checkpoints_.remove_released();
}

store::Cost ProgramExecutor::cost() {
  const double wall = std::chrono::duration<double>(Clock::now() - start_).count();
  return {.wall_seconds = wall,
          .busy_lane_seconds = busy_seconds_,
          .lane_seconds = wall * static_cast<double>(slots_.size())};
}

// Trials that the search went on without end as pruned.
bool ProgramExecutor::end_study(const run::SearchDirector* director, const store::Cost& cost,
                                const std::function<bool()>&) {
  if (director == nullptr) return true;
  store::Batch batch;
  for (study::Trial trial : store_.trials()) {
    if (trial.outcome.has_value()) continue;
    const study::Curve curve = store_.curve(trial.number);
    trial.outcome = study::Outcome::pruned;
    trial.note = study::kDropped;
    trial.steps = curve.points.empty() ? 0 : curve.points.back().step;
    if (const auto state = store_.snapshot(trial.number)) {
      const PausedState paused = paused_state_of(*state);
      trial.compute_seconds = paused.seconds;
      checkpoints_.release(paused.checkpoint);
      checkpoints_.release(paused.earlier);
    }
    batch.ended.push_back(std::move(trial));
  }
  batch.cost = cost;
  if (!batch.empty()) store_.write(batch);
  checkpoints_.remove_released();
  return true;
}

void ProgramExecutor::close(bool is_over) {
  files_.remove_reports();
  if (!is_over) return;
  // No trial needs anything any more.
  if (is_alone_) {
    checkpoints_.remove_all();
  } else {
    files_.remove_all_reports();
    checkpoints_.remove_unreferenced();
  }
  files_.tidy();
}

void ProgramExecutor::leave(int number) {
  for (ProgramSlot& slot : slots_) {
    if (slot.run == nullptr || slot.trial->open == nullptr || slot.trial->number != number)
      continue;
    slot.trial->open = nullptr;
    slot.run->stop(StopReason::interrupted);
  }
}

}  // namespace sweetspot::programs
