#include "run/sweep_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "search/admission.hpp"
#include "search/hopeless.hpp"
#include "train/cohort.hpp"

namespace sweetspot::run {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr std::chrono::milliseconds kWriteEvery{500};
constexpr double kSnapshotSeconds = 60;
constexpr double kSnapshotShare = 0.02;  // of the time
constexpr double kRateWindow = 8;        // seconds

train::LaneRecipe recipe_of(const study::Settings& settings, const study::Trial& trial) {
  const std::string& optimizer = space::choice_in(trial.config, "optimizer");
  train::LaneRecipe recipe;
  recipe.optimizer = train::optimizer_index(optimizer);
  recipe.learning_rate = space::number_in(trial.config, "learning_rate");
  recipe.semantics =
      settings.semantics == "pytorch" ? train::Semantics::pytorch : train::Semantics::tensorflow;
  const auto numbers = settings.numbers.find(optimizer);
  recipe.numbers = train::optimizer_numbers(
      recipe.optimizer, recipe.semantics,
      numbers == settings.numbers.end() ? std::map<std::string, double>() : numbers->second);
  recipe.seed = trial.seed;
  return recipe;
}

}  // namespace

// Between the cohorts' threads and the runner's: hands out trials, judges checks, and collects what
// the runner's thread then writes.
class SweepRunner::Host final : public train::CohortHost {
 public:
  Host(const study::Settings& settings, bool rule_on, std::atomic<bool>& pause)
      : settings_(settings),
        resolution_(1.0 / (static_cast<double>(train::kRecentSteps) * settings.batch_size)),
        rule_on_(rule_on),
        pause_(pause) {}

  void add_waiting(const study::Trial& trial, std::optional<train::TrialSnapshot> snapshot,
                   std::vector<search::CurveCheck> history) {
    waiting_.push_back({trial, std::move(snapshot), std::move(history)});
  }

  std::optional<train::CohortTrial> next_trial() override {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return std::nullopt;
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    train::CohortTrial trial;
    trial.number = next.trial.number;
    trial.recipe = recipe_of(settings_, next.trial);
    trial.snapshot = std::move(next.snapshot);
    under_way_[trial.number] = {std::move(next.trial), std::move(next.history)};
    return trial;
  }

  bool check(const train::CohortCheck& check) override {
    const std::lock_guard lock(mutex_);
    UnderWay& trial = under_way_.at(check.number);
    observe(check);
    const double metric = metric_of(check);
    trial.history.push_back({check.step, metric});
    if (metric >= settings_.target.value) return end(check, study::Outcome::reached, "");
    if (check.step >= settings_.budget) return end(check, study::Outcome::exhausted, "");
    if (rule_on_ && !trial.trial.given_up_at.has_value()) {
      const std::string reason =
          search::hopeless_reason({.target = settings_.target.value,
                                   .running = settings_.target.metric == "running_accuracy",
                                   .budget = settings_.budget,
                                   .resolution = resolution_,
                                   .curve = trial.history});
      if (!reason.empty()) {
        trial.trial.given_up_at = check.step;
        trial.trial.note = reason;
        if (!settings_.audit) return end(check, study::Outcome::hopeless, reason);
      }
    }
    if (settings_.max_trial_seconds > 0 && check.compute_seconds >= settings_.max_trial_seconds) {
      trial.trial.reproducible = false;
      return end(check, study::Outcome::exhausted, "max_trial_seconds; not reproducible");
    }
    return true;
  }

  void diverged(const train::CohortCheck& last) override {
    const std::lock_guard lock(mutex_);
    observe(last);
    end(last, study::Outcome::diverged, "the loss is not finite");
  }

  void snapshot(int number, train::TrialSnapshot snapshot) override {
    const Clock::time_point start = Clock::now();
    const uint64_t step = snapshot.state.step;
    std::vector<uint8_t> bytes = train::to_bytes(snapshot);
    const std::lock_guard lock(mutex_);
    batch_.snapshots.push_back({number, step, std::move(bytes)});
    snapshot_seconds_ += seconds_since(start);
  }

  // Each cohort's own clock: sixty seconds after its last snapshots, or later where taking them
  // would cost more than its share of the time.
  bool snapshots_due() override {
    thread_local Clock::time_point last = Clock::now();
    const double wait = std::max(kSnapshotSeconds, snapshot_cost() / kSnapshotShare);
    if (seconds_since(last) < wait) return false;
    last = Clock::now();
    const std::lock_guard lock(mutex_);
    snapshot_seconds_ = 0;
    return true;
  }

  bool pause_requested() override { return pause_.load(std::memory_order_relaxed); }

  store::Batch take_batch() {
    const std::lock_guard lock(mutex_);
    return std::exchange(batch_, {});
  }

  void add_write_seconds(double seconds) {
    const std::lock_guard lock(mutex_);
    snapshot_seconds_ += seconds;
  }

  RunProgress progress() {
    const std::lock_guard lock(mutex_);
    RunProgress progress;
    progress.ended = ended_;
    progress.reached = reached_;
    progress.trial_steps = steps_;
    return progress;
  }

  // Trials that wait or train, for the estimate of the time left.
  size_t open_trials() {
    const std::lock_guard lock(mutex_);
    return waiting_.size() + under_way_.size();
  }

  Clock::time_point last_result() {
    const std::lock_guard lock(mutex_);
    return last_result_;
  }

 private:
  struct Waiting {
    study::Trial trial;
    std::optional<train::TrialSnapshot> snapshot;
    std::vector<search::CurveCheck> history;
  };
  struct UnderWay {
    study::Trial trial;
    std::vector<search::CurveCheck> history;
  };

  double metric_of(const train::CohortCheck& check) const {
    if (settings_.target.metric == "running_accuracy") return check.running_accuracy;
    if (settings_.target.metric == "validation_accuracy") return *check.validation_accuracy;
    return check.train_accuracy;
  }

  void observe(const train::CohortCheck& check) {
    batch_.observations.push_back(
        {check.number,
         {.step = check.step,
          .values = {check.train_accuracy, check.running_accuracy, check.loss}}});
    if (check.validation_accuracy.has_value()) {
      batch_.observations.back().point.values.emplace_back(*check.validation_accuracy);
    }
    const UnderWay& trial = under_way_.at(check.number);
    steps_ += check.step - (trial.history.empty() ? 0 : trial.history.back().step);
    last_result_ = Clock::now();
  }

  bool end(const train::CohortCheck& check, study::Outcome outcome, const std::string& note) {
    const auto found = under_way_.find(check.number);
    study::Trial trial = std::move(found->second.trial);
    under_way_.erase(found);
    trial.outcome = outcome;
    trial.steps = check.step;
    trial.compute_seconds = check.compute_seconds;
    if (!note.empty()) trial.note = note;
    std::erase_if(batch_.snapshots, [&](const auto& s) { return s.trial == trial.number; });
    batch_.ended.push_back(std::move(trial));
    ++ended_;
    reached_ += outcome == study::Outcome::reached ? 1 : 0;
    return false;
  }

  double snapshot_cost() {
    const std::lock_guard lock(mutex_);
    return snapshot_seconds_;
  }

  const study::Settings settings_;
  const double resolution_;
  const bool rule_on_;
  std::atomic<bool>& pause_;
  std::mutex mutex_;
  std::deque<Waiting> waiting_;
  std::map<int, UnderWay> under_way_;
  store::Batch batch_;
  double snapshot_seconds_ = 0;
  uint64_t steps_ = 0;
  int ended_ = 0;
  int reached_ = 0;
  Clock::time_point last_result_ = Clock::now();
};

SweepRunner::SweepRunner(store::StudyStore& store, const data::ImageSet& set,
                         const RunOptions& options)
    : store_(store), set_(set), options_(options) {}

RunEnd SweepRunner::run(const std::function<void(const RunProgress&)>& on_progress) {
  const study::Settings settings = store_.record()->settings;
  const train::Network network = network_of(settings, set_);
  const int padding = train::stages_of(network).convolutions.front().padding;
  Host host(settings, rule_state(settings, set_).on, pause_);

  const std::vector<study::Trial> trials = store_.trials();
  std::vector<study::Trial> waiting;
  std::vector<search::AdmissionCandidate> candidates;
  int ended_before = 0;
  int reached_before = 0;
  for (const study::Trial& trial : trials) {
    if (trial.outcome.has_value()) {
      ++ended_before;
      reached_before += trial.outcome == study::Outcome::reached ? 1 : 0;
      continue;
    }
    waiting.push_back(trial);
    const int optimizer = train::optimizer_index(space::choice_in(trial.config, "optimizer"));
    candidates.push_back({space::number_in(trial.config, "learning_rate"),
                          train::optimizers()[static_cast<size_t>(optimizer)].slowest_usual_rate});
  }
  if (waiting.empty()) return {};
  std::vector<size_t> order = search::admission_order(candidates);
  if (options_.reverse_order) std::reverse(order.begin(), order.end());
  const size_t accuracy = settings.target.metric == "running_accuracy"      ? 1
                          : settings.target.metric == "validation_accuracy" ? 3
                                                                            : 0;
  for (const size_t index : order) {
    const study::Trial& trial = waiting[index];
    std::optional<train::TrialSnapshot> snapshot;
    std::vector<search::CurveCheck> history;
    if (const auto bytes = store_.rewind(trial.number); bytes.has_value()) {
      snapshot = train::snapshot_from_bytes(*bytes);
      for (const study::CurvePoint& point : store_.curve(trial.number).points) {
        history.push_back({point.step, point.values[accuracy].value_or(0)});
      }
    }
    host.add_waiting(trial, std::move(snapshot), std::move(history));
  }

  const data::Split parts = data::split(set_);
  const train::ImageShape shape = {set_.channels, set_.height, set_.width};
  const train::Images training(shape, padding, parts.training.pixels, parts.training.labels);
  std::unique_ptr<train::Images> validation;
  if (settings.target.metric == "validation_accuracy") {
    validation = std::make_unique<train::Images>(shape, padding, parts.validation.pixels,
                                                 parts.validation.labels);
  }
  data::MinibatchOrder minibatches(training.count(), static_cast<uint32_t>(settings.batch_size));
  const train::CohortOptions cohort_options = {.lanes = options_.lanes,
                                               .check_every = settings.check_every,
                                               .budget = settings.budget,
                                               .validation = validation.get()};
  const auto lanes = static_cast<size_t>(options_.lanes);
  const size_t wanted = (waiting.size() + lanes - 1) / lanes;
  const size_t threads = std::min(wanted, static_cast<size_t>(options_.threads));

  std::mutex mutex;
  std::condition_variable changed;
  size_t running = threads;
  std::vector<std::exception_ptr> errors(threads);
  std::vector<train::CohortUse> uses(threads);
  const Clock::time_point start = Clock::now();
  std::vector<std::thread> workers;
  for (size_t i = 0; i < threads; ++i) {
    workers.emplace_back([&, i] {
      try {
        train::Cohort cohort(network, training, minibatches, cohort_options, host);
        uses[i] = cohort.run();
      } catch (...) {
        errors[i] = std::current_exception();
        pause_.store(true);
      }
      const std::lock_guard lock(mutex);
      --running;
      changed.notify_all();
    });
  }

  RunEnd result;
  std::exception_ptr store_error;
  std::deque<std::pair<double, uint64_t>> recent;
  const auto write = [&](const store::Cost& cost) {
    store::Batch batch = host.take_batch();
    batch.cost = cost;
    const bool has_snapshots = !batch.snapshots.empty();
    const Clock::time_point before = Clock::now();
    if (!batch.empty()) store_.write(batch);
    if (has_snapshots) host.add_write_seconds(seconds_since(before));
  };
  bool done = false;
  while (!done) {
    {
      std::unique_lock lock(mutex);
      changed.wait_for(lock, kWriteEvery, [&] { return running == 0; });
      done = running == 0;
    }
    try {
      if (store_error == nullptr && !done) {
        const double seconds = seconds_since(start);
        write({.wall_seconds = seconds, .busy_lane_seconds = 0, .lane_seconds = 0});
      }
    } catch (...) {
      store_error = std::current_exception();
      pause_.store(true);
    }
    RunProgress progress = host.progress();
    progress.seconds = seconds_since(start);
    recent.emplace_back(progress.seconds, progress.trial_steps);
    while (recent.size() > 2 && progress.seconds - recent.front().first > kRateWindow) {
      recent.pop_front();
    }
    const double window = recent.back().first - recent.front().first;
    if (window > 0) {
      progress.steps_per_second =
          static_cast<double>(recent.back().second - recent.front().second) / window;
    }
    // Trials still open are taken to be as long as those of this call that ended.
    progress.seconds_left = -1;
    if (progress.ended >= 8 && progress.seconds > 0) {
      progress.seconds_left = progress.seconds * static_cast<double>(host.open_trials()) /
                              static_cast<double>(progress.ended);
    }
    progress.trials = static_cast<int>(trials.size());
    progress.ended += ended_before;
    progress.reached += reached_before;
    if (on_progress) on_progress(progress);
    if (options_.max_seconds > 0 && progress.seconds >= options_.max_seconds && !done) {
      pause_.store(true);
      result.why = "max_seconds";
    }
  }
  for (std::thread& worker : workers) worker.join();
  for (const std::exception_ptr& error : errors) {
    if (error != nullptr) std::rethrow_exception(error);
  }
  if (store_error != nullptr) std::rethrow_exception(store_error);
  store::Cost cost;
  cost.wall_seconds = std::chrono::duration<double>(host.last_result() - start).count();
  for (const train::CohortUse& use : uses) cost.busy_lane_seconds += use.busy_lane_seconds;
  // Lanes of a cohort that ran out of trials stand idle until the last result, and count so.
  cost.lane_seconds = cost.wall_seconds * static_cast<double>(threads * lanes);
  write(cost);
  result.paused = pause_.load() && host.open_trials() > 0;
  return result;
}

}  // namespace sweetspot::run
