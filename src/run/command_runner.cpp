#include "run/command_runner.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "command/argument_template.hpp"
#include "command/system_limits.hpp"
#include "command/trial_run.hpp"
#include "run/command_files.hpp"
#include "run/command_slot.hpp"
#include "run/command_trials.hpp"
#include "run/held_failures.hpp"
#include "run/metric_places.hpp"
#include "run/search_director.hpp"
#include "run/shared_study.hpp"
#include "run/speed_estimate.hpp"
#include "run/worker_fitness.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::run {
namespace {

using command::StopReason;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kWriteEvery{500};
// What was observed is kept at once, but for that it takes at most one part of so many.
constexpr int kKeepingTakes = 10;
// Report files tell nobody when they grow.
constexpr std::chrono::milliseconds kLookEvery{20};
constexpr size_t kNoteLines = 10;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class CommandLoop final : public SharedHost {
 public:
  CommandLoop(store::StudyStore& store, const CommandOptions& options, std::atomic<bool>& pause)
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
        trials_(settings_, store_.curve(0).metrics, checkpoints_, options.retries),
        slots_(static_cast<size_t>(options.parallel)),
        speed_(options.parallel) {
    places_.learn(trials_.metrics(), store);
    if (!settings_.command->metric_pattern.empty()) {
      pattern_.emplace(settings_.command->metric_pattern);
    }
    for (size_t i = 0; i < slots_.size() && !options.gpus.empty(); ++i) {
      slots_[i].gpu = options.gpus[i % options.gpus.size()];
    }
  }

  RunEnd run(const std::function<void(const RunProgress&)>& on_progress) {
    command::require_open_files(places_needed());
    hand_over();
    // Others' are referred to by them. What goes is named no more by what is kept.
    RunTotals counted;
    if (!shared_.has_value()) {
      counted = trials_.totals();
      write();
      checkpoints_.remove_unreferenced();
    }
    const RunProgress before = kept_before(counted);
    Clock::time_point next_write = start_ + kWriteEvery;
    Clock::time_point next_keep = start_;
    while (true) {
      if (!is_stopping()) fill_slots();
      if (running() == 0 && !waits_for_others()) break;
      wait();
      for (Slot& slot : slots_) look_at(slot);
      if (std::exchange(is_short_, false) && shared_.has_value()) write();
      // A program that is killed with sweetspot goes on from what it saved last, and does not tell
      // again what it had told before that.
      if (!shared_.has_value() && trials_.has_unwritten() && Clock::now() >= next_keep) {
        const Clock::time_point before_writing = Clock::now();
        write();
        next_keep = Clock::now() + kKeepingTakes * (Clock::now() - before_writing);
      }
      if (Clock::now() >= next_write) {
        is_idle_ = running() == 0 && !trials_.has_waiting();
        write();
        next_write = Clock::now() + kWriteEvery;
        on_progress(progress(before));
        if (options_.max_seconds > 0 && seconds_since(start_) >= options_.max_seconds) {
          if (!pause_.exchange(true)) end_.why = "max_seconds";
        }
      }
    }
    end_.paused =
        is_stopping() && (is_interrupted_ || trials_.has_waiting() || shared_.has_value());
    is_idle_ = true;
    write();
    if (shared_.has_value()) {
      end_shared();
    } else if (!end_.paused) {
      end_search();
      checkpoints_.remove_all();
      files_.remove_reports();
      files_.tidy();
    }
    if (!shortage_.empty()) throw Error(ErrorKind::system, shortage_);
    RunProgress last = progress(before);
    last.is_over = true;
    on_progress(last);
    end_.logs = files_.logs();
    return end_;
  }

  void add_segment(const FedSegment& segment, const std::optional<StateBytes>& state,
                   const study::Curve& curve) override {
    trials_.add_segment(segment, state, curve);
  }
  void add_paused(const study::Trial& trial, const StateBytes& state,
                  const study::Curve& curve) override {
    trials_.add_paused(trial, state, curve);
  }
  void stop_paused(study::Trial trial, const StateBytes& state) override {
    trials_.stop_paused(std::move(trial), state);
  }
  bool has_stood_at(uint64_t until, const study::Trial& kept, uint64_t step,
                    store::StudyStore& store) const override {
    return trials_.has_stood_at(until, kept, step, store);
  }
  std::optional<double> judged_metric(const study::Curve& curve,
                                      const study::CurvePoint& point) const override {
    return trials_.judged_metric(curve, point);
  }
  void abandon(const std::vector<int>& numbers) override {
    trials_.abandon(numbers);
    failures_.drop(numbers);
    for (Slot& slot : slots_) {
      if (slot.run == nullptr) continue;
      const int number = slot.trial->trial.number;
      if (std::find(numbers.begin(), numbers.end(), number) == numbers.end()) continue;
      slot.is_abandoned = true;
      slot.run->stop(StopReason::interrupted);
    }
  }
  std::vector<int> open_numbers() override {
    std::vector<int> numbers = trials_.waiting_numbers();
    for (const int held : failures_.trials()) numbers.push_back(held);
    for (const Slot& slot : slots_) {
      if (slot.run != nullptr && !slot.is_abandoned) numbers.push_back(slot.trial->trial.number);
    }
    return numbers;
  }

 private:
  // Whether a trial that has not ended is to go on from a checkpoint there.
  bool names_some_of(const std::filesystem::path& folder) {
    for (const study::Trial& trial : store_.trials()) {
      if (trial.outcome.has_value()) continue;
      const std::optional<StateBytes> state = store_.snapshot(trial.number);
      if (!state.has_value()) continue;
      const command::PausedState paused = command::paused_state_of(*state);
      for (const std::string& name : {paused.checkpoint, paused.earlier}) {
        if (!name.empty() && std::filesystem::is_directory(folder / name)) return true;
      }
    }
    return false;
  }

  bool waits_for_others() { return shared_.has_value() && !is_stopping() && !shared_->is_over(); }
  bool has_given_up() const {
    constexpr int kPatience = 5;
    const bool has_worked = has_worked_before_ || trials_.has_worked();
    const int most = options_.give_up_after * (has_worked ? kPatience : 1);
    return most > 0 && trials_.failures_in_a_row() >= most;
  }
  bool is_stopping() {
    if (has_given_up()) {
      const int failures = trials_.failures_in_a_row();
      end_.failure = fmt::format(
          "the last {}: {}",
          failures == 1 ? "training failed" : fmt::format("{} trainings failed alike", failures),
          trials_.last_failure());
    }
    return pause_.load() || has_given_up() || is_bad_node_ || !shortage_.empty() ||
           !unreachable_.empty();
  }
  // A study without a search may have fewer trials left than there are places.
  size_t places_needed() {
    if (options_.shared.has_value() || settings_.kind == study::Kind::tune) return slots_.size();
    const std::vector<study::Trial> trials = store_.trials();
    const auto open = std::count_if(trials.begin(), trials.end(),
                                    [](const auto& trial) { return !trial.outcome.has_value(); });
    return std::min(slots_.size(), static_cast<size_t>(open));
  }
  size_t running() const {
    return static_cast<size_t>(std::count_if(slots_.begin(), slots_.end(),
                                             [](const Slot& s) { return s.run != nullptr; }));
  }

  void hand_over() {
    for (const study::Trial& trial : store_.trials()) {
      const bool has_failed = trial.outcome == study::Outcome::failed;
      if (trial.outcome.has_value() && !has_failed) has_worked_before_ = true;
    }
    if (options_.shared.has_value()) {
      shared_.emplace(store_, settings_, *this, *options_.shared, 1.0);
      write();
      return;
    }
    if (settings_.kind == study::Kind::tune) {
      director_.emplace(settings_, 1.0);
      director_->begin(store_, trials_);
      trials_.set_feed(*director_);
      return;
    }
    for (const study::Trial& trial : store_.trials()) {
      if (trial.outcome.has_value()) continue;
      const std::optional<StateBytes> state = store_.rewind(trial.number);
      trials_.add_waiting(trial, state, store_.curve(trial.number));
    }
  }

  void fill_slots() {
    for (Slot& slot : slots_) {
      if (slot.run == nullptr && trials_.has_waiting() && shortage_.empty()) start(slot);
    }
  }

  void start(Slot& slot) {
    CommandTrial open = trials_.next();
    try {
      slot.run = begun({settings_, arguments_, checkpoints_, options_, files_.reports(),
                        pattern_.has_value() ? &*pattern_ : nullptr, open_files_},
                       open, slot.gpu);
      slot.trial = std::move(open);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::system) throw;
      wait_for_more(std::move(open), error.what());
    }
  }

  // Where the system has no more to give for another trial, those that run pause.
  void wait_for_more(CommandTrial trial, const std::string& why) {
    shortage_ = why + "; all that was reported is kept, and the same command goes on";
    trials_.put_back(std::move(trial));
  }

  void wait() {
    std::vector<pollfd> ends;
    Clock::time_point until = Clock::now() + kLookEvery;
    for (const Slot& slot : slots_) {
      if (slot.run == nullptr) continue;
      for (const int end : slot.run->ends()) ends.push_back({end, POLLIN, 0});
      until = std::min(until, slot.run->deadline());
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    poll(ends.data(), ends.size(), static_cast<int>(std::max<int64_t>(left, 0)));
  }

  void look_at(Slot& slot) {
    if (slot.run == nullptr) return;
    for (const command::Report& report : slot.run->read()) {
      if (slot.is_abandoned) break;
      const StopReason before = slot.run->stop_reason();
      const bool is_over = before != StopReason::none && before != StopReason::interrupted;
      // How far a program comes before it stops is chance; but a step may have several lines.
      if (is_over && !CommandTrials::adds_to_last_step(*slot.trial, report)) {
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
    if (!slot.run->has_ended()) return;
    end(slot);
  }

  void end(Slot& slot) {
    const command::RunFacts facts = slot.run->facts();
    const double seconds = slot.run->seconds();
    const std::string last_lines = slot.run->last_lines(kNoteLines);
    files_.add_to_log(slot.trial->trial.number, slot.run->log());
    CommandTrial trial = std::move(*slot.trial);
    is_short_ = true;
    const bool is_abandoned = std::exchange(slot.is_abandoned, false);
    slot.trial.reset();
    // Before its checkpoint is looked at, which takes a descriptor where there may be no other.
    slot.run.reset();
    busy_seconds_ += seconds;
    if (is_abandoned) return;
    if (const std::string why = command::shortage_of(facts); !why.empty()) {
      return wait_for_more(std::move(trial), why);
    }
    trials_.end_run(std::move(trial), facts, seconds, last_lines);
  }

  void write() {
    for (Slot& slot : slots_) {
      if (slot.trial.has_value() && slot.run != nullptr && !slot.is_abandoned) {
        trials_.keep_progress(*slot.trial, slot.run->seconds());
      }
    }
    if (shared_.has_value()) return write_shared();
    places_.learn(trials_.metrics(), store_);
    store::Batch batch = trials_.take_batch();
    batch.cost = cost();
    places_.put_in_order(batch);
    if (!batch.empty()) store_.write(batch);
    checkpoints_.remove_released();
  }

  // What was observed of a metric that the store has no place for yet waits with it.
  void write_shared() {
    if (!unreachable_.empty()) return;
    try {
      store::Batch batch;
      if (places_.try_learn(trials_.metrics(), store_)) {
        batch = trials_.take_batch();
        places_.put_in_order(batch);
        failures_.sort(batch);
        judge_node(batch);
      }
      batch.cost = cost();
      shared_->tick(std::move(batch), [this] { return shortages(); });
      // Of a population another worker may copy what has ended here.
      const bool is_written = shared_->trouble().empty();
      if (is_written && !study::is_population(settings_.search)) checkpoints_.remove_released();
    } catch (const store::StoreUnreachable& error) {
      unreachable_ = error.what();
    }
  }

  // Looks whether this machine alone fails. Failures that are too few to tell, and will not be
  // more, count.
  void judge_node(store::Batch& batch) {
    if (!is_bad_node_ && failures_.are_suspicious()) {
      const std::string& here = options_.shared->worker.name;
      try {
        is_bad_node_ = do_others_work(store_.workers(), here);
      } catch (const store::StoreUnreachable&) {
        return;
      }
      if (!is_bad_node_) return failures_.release(batch);
      end_.failure = fmt::format(
          "worker {}: its last {} trials failed, as those of others do not; they went back: {}",
          here, failures_.trials().size(), trials_.last_failure());
    }
    if (is_idle_ && !is_bad_node_) failures_.release(batch);
  }

  std::vector<Shortage> shortages() {
    const size_t open = running() + trials_.waiting_numbers().size();
    if (is_stopping() || open >= slots_.size()) return {};
    return {{slots_.size() - open, std::nullopt}};
  }

  // No trial needs anything any more.
  void end_study() {
    files_.remove_all_reports();
    checkpoints_.remove_unreferenced();
    files_.tidy();
    const bool is_search = settings_.kind == study::Kind::tune && !shared_->is_cancelled();
    if (is_search && store_.begin_end()) end_search();
  }

  // One worker ends a search; every one gives back what it has.
  void end_shared() {
    files_.remove_reports();
    if (is_bad_node_) end_.paused = false;
    try {
      if (!unreachable_.empty()) throw store::StoreUnreachable(unreachable_);
      if (shared_->is_over()) end_study();
      shared_->leave({.cost = cost()});
    } catch (const store::StoreUnreachable& error) {
      store::Batch batch = trials_.take_batch();
      places_.put_in_order(batch);
      shared_->keep(std::move(batch));
      end_.rescued = shared_->rescue(record_, places_.metrics(), options_.rescue_file);
      end_.unreachable = error.what();
    }
  }

  store::Cost cost() const {
    const double wall = seconds_since(start_);
    return {.wall_seconds = wall,
            .busy_lane_seconds = busy_seconds_,
            .lane_seconds = wall * static_cast<double>(slots_.size())};
  }

  // Without those of this call that are in the store already, which its totals count, too.
  RunProgress kept_before(const RunTotals& counted) {
    RunProgress kept = progress_of(settings_);
    kept.trials = -counted.fed;
    kept.ended = -counted.ended;
    for (const study::Trial& trial : store_.trials()) {
      ++kept.trials;
      if (!trial.outcome.has_value()) continue;
      ++kept.ended;
      kept.reached += trial.outcome == study::Outcome::reached ? 1 : 0;
      kept.trial_steps += trial.own_steps();
      if (trial.outcome == study::Outcome::reached) take_fewest(kept.fewest_steps, trial.steps);
    }
    if (director_.has_value()) {
      kept.cost = director_->cost_steps();
      kept.cost_trials = static_cast<int>(director_->cost_trials());
      kept.best_score = director_->best_score();
    }
    return kept;
  }

  RunProgress progress(const RunProgress& before) {
    RunTotals totals = trials_.totals();
    totals.open += running();
    RunProgress now = speed_.progress(before, totals, seconds_since(start_));
    return shared_.has_value() ? shared_->of_all_workers(now) : now;
  }

  // Trials that the search went on without end as pruned.
  void end_search() {
    store::Batch batch;
    for (study::Trial trial : store_.trials()) {
      if (trial.outcome.has_value()) continue;
      const study::Curve curve = store_.curve(trial.number);
      trial.outcome = study::Outcome::pruned;
      trial.note = study::kDropped;
      trial.steps = curve.points.empty() ? 0 : curve.points.back().step;
      if (const auto state = store_.snapshot(trial.number)) {
        const command::PausedState paused = command::paused_state_of(*state);
        trial.compute_seconds = paused.seconds;
        checkpoints_.release(paused.checkpoint);
        checkpoints_.release(paused.earlier);
      }
      batch.ended.push_back(std::move(trial));
    }
    batch.cost = cost();
    if (!batch.empty()) store_.write(batch);
    checkpoints_.remove_released();
  }

  store::StudyStore& store_;
  const CommandOptions& options_;
  std::atomic<bool>& pause_;
  const store::StudyRecord record_;
  const study::Settings settings_;
  const uint64_t open_files_ = command::raise_open_files();  // of the programs
  const command::ArgumentTemplate arguments_;
  std::optional<command::MetricPattern> pattern_;
  const CommandFiles files_;
  command::Checkpoints checkpoints_;
  CommandTrials trials_;
  std::optional<SearchDirector> director_;
  std::optional<SharedStudy> shared_;
  MetricPlaces places_;
  std::string unreachable_;  // why the store is given up
  HeldFailures failures_;    // of a shared study
  bool is_bad_node_ = false;
  bool is_short_ = false;  // a place has become free
  bool is_idle_ = false;   // nothing trains, and nothing is at hand
  std::vector<Slot> slots_;
  const Clock::time_point start_ = Clock::now();
  SpeedEstimate speed_;
  double busy_seconds_ = 0;
  bool is_interrupted_ = false;
  bool has_worked_before_ = false;
  std::string shortage_;  // for which no further trial can begin; empty: none
  RunEnd end_;
};

}  // namespace

CommandRunner::CommandRunner(store::StudyStore& store, const CommandOptions& options)
    : store_(store), options_(options) {}

RunEnd CommandRunner::run(const std::function<void(const RunProgress&)>& on_progress) {
  return CommandLoop(store_, options_, pause_).run(on_progress);
}

}  // namespace sweetspot::run
