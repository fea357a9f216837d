#include "run/study_loop.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include "run/metric_places.hpp"
#include "run/search_director.hpp"
#include "run/shared_study.hpp"
#include "run/speed_estimate.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::run {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kWriteEvery{500};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// One call of run_study().
class StudyLoop {
 public:
  StudyLoop(store::StudyStore& store, Executor& executor, const LoopOptions& options,
            std::atomic<bool>& pause)
      : store_(store),
        executor_(executor),
        ledger_(executor.ledger()),
        options_(options),
        pause_(pause),
        record_(*store.record()),
        settings_(record_.settings),
        speed_(options.enough_ended) {}

  RunEnd run(const std::function<void(const RunProgress&)>& on_progress) {
    begin();
    if (executor_.start(shared_.has_value())) {
      start_ = Clock::now();
      try {
        watch(on_progress);
        executor_.join();
      } catch (...) {
        give_back();
        throw;
      }
      end();
      if (!executor_.shortage().empty()) throw Error(ErrorKind::system, executor_.shortage());
      show(on_progress, /*is_over=*/true);
    } else {
      finish({});
    }
    return end_;
  }

 private:
  bool is_alone() const { return !shared_.has_value(); }

  void begin() {
    if (options_.shared.has_value()) {
      shared_.emplace(store_, settings_, ledger_, *options_.shared, executor_.proxy_ratio());
      before_ = progress_of(settings_);
      shared_->tick({}, [this] { return std::vector<Shortage>{{executor_.places(), {}}}; });
      return;
    }
    if (settings_.kind == study::Kind::tune) {
      director_.emplace(settings_, executor_.proxy_ratio());
      director_->begin(store_, ledger_);
      ledger_.set_feed(*director_);
    } else {
      hand_over();
    }
    // After observations beyond the snapshots were dropped, and before anything is written.
    before_ = kept();
    if (director_.has_value()) {
      before_.best_score = director_->best_score();
      if (!study::has_proxy(settings_)) {
        before_.cost = director_->cost_steps();
        before_.cost_trials = static_cast<int>(director_->cost_trials());
      }
    }
    write();
    if (store_error_ != nullptr) std::rethrow_exception(store_error_);
  }

  // A study whose trials are known: the ledger gets every one that has not ended.
  void hand_over() {
    std::vector<study::Trial> waiting;
    for (study::Trial& trial : store_.trials()) {
      if (!trial.outcome.has_value()) waiting.push_back(std::move(trial));
    }
    std::vector<size_t> order = executor_.admission_order(waiting);
    if (options_.reverse_order) std::reverse(order.begin(), order.end());
    for (const size_t index : order) {
      const study::Trial& trial = waiting[index];
      const std::optional<trials::StateBytes> state = store_.rewind(trial.number);
      ledger_.add({.trial = trial}, state, store_.curve(trial.number));
    }
  }

  // What the store has already.
  RunProgress kept() {
    RunProgress kept = progress_of(settings_);
    std::vector<int> open;
    const std::vector<study::Trial> trials = store_.trials();
    for (const study::Trial& trial : trials) {
      ++kept.trials;
      if (!trial.outcome.has_value()) {
        open.push_back(trial.number);
        continue;
      }
      ++kept.ended;
      kept.trial_steps += trial.own_steps();
      if (trial.outcome != study::Outcome::reached) continue;
      ++kept.reached;
      trials::take_fewest(kept.fewest_steps, trial.steps);
    }
    for (const auto& [number, curve] : store_.curves(open)) {
      if (curve.points.empty()) continue;
      const std::optional<study::Origin>& origin = trials[static_cast<size_t>(number)].origin;
      const uint64_t from = origin.has_value() ? origin->step : 0;
      kept.trial_steps += std::max(curve.points.back().step, from) - from;
    }
    return kept;
  }

  // Until nothing trains any more: writes what was observed, and shows how far it is.
  void watch(const std::function<void(const RunProgress&)>& on_progress) {
    Clock::time_point next_show = start_ + kWriteEvery;
    while (true) {
      const Executor::Progress news = executor_.train_until(next_show);
      if (news == Executor::Progress::everything) return;
      const bool is_due = Clock::now() >= next_show;
      if (is_due) is_idle_ = ledger_.totals().open == 0;
      write();
      if (shared_.has_value() && shared_->is_over()) executor_.no_more_comes();
      if (!is_due) continue;
      next_show = Clock::now() + kWriteEvery;
      show(on_progress, /*is_over=*/false);
      if (options_.max_seconds > 0 && seconds_since(start_) >= options_.max_seconds &&
          !pause_.exchange(true)) {
        end_.why = "max_seconds";
      }
    }
  }

  void show(const std::function<void(const RunProgress&)>& on_progress, bool is_over) {
    if (!on_progress) return;
    RunProgress now = speed_.progress(before_, ledger_.totals(), seconds_since(start_));
    if (shared_.has_value()) now = shared_->of_all_workers(now);
    now.is_over = is_over;
    on_progress(now);
  }

  // Once the store has failed, what trains is paused, and the failure is told at the end.
  void write() {
    if (store_error_ != nullptr) return;
    try {
      const Clock::time_point before = Clock::now();
      const bool has_snapshots = is_alone() ? write_alone() : write_shared();
      const bool is_written = is_alone() || shared_->trouble().empty();
      if (is_written) executor_.written(has_snapshots, seconds_since(before));
    } catch (...) {
      store_error_ = std::current_exception();
      pause_.store(true);
    }
  }

  store::Batch taken_batch() {
    store::Batch batch = executor_.take_batch();
    places_.put_in_order(batch);
    return batch;
  }

  // Both say whether there were snapshots.
  bool write_alone() {
    places_.learn(executor_.metrics(), store_);
    store::Batch batch = taken_batch();
    batch.cost = executor_.cost();
    if (!batch.empty()) store_.write(batch);
    return !batch.snapshots.empty();
  }

  // What was observed of a metric that the store has no place for yet waits with it.
  bool write_shared() {
    store::Batch batch;
    if (places_.try_learn(executor_.metrics(), store_)) batch = taken_batch();
    batch.cost = executor_.cost();
    const bool has_snapshots = !batch.snapshots.empty();
    shared_->tick(
        std::move(batch), [this] { return executor_.shortages(); }, is_idle_);
    if (!shared_->fault().empty()) pause_.store(true);
    return has_snapshots;
  }

  void end() {
    end_.failure = executor_.failure();
    if (shared_.has_value()) return end_shared();
    is_idle_ = true;
    write();
    if (store_error_ != nullptr) std::rethrow_exception(store_error_);
    end_.paused = pause_.load() && (executor_.has_interrupted() || ledger_.totals().open > 0);
    if (!end_.paused) finish(executor_.cost());
  }

  // A worker's own failure: its trials go back, for others.
  void give_back() {
    if (is_alone()) return;
    try {
      store_.leave();
    } catch (const Error&) {
      // They go back when the lease ends.
    }
  }

  void end_shared() {
    is_idle_ = true;
    write();
    end_.paused = !shared_->is_over() && shared_->fault().empty();
    if (!shared_->fault().empty()) end_.failure = shared_->fault();
    try {
      if (store_error_ != nullptr) std::rethrow_exception(store_error_);
      shared_->write_last({.cost = executor_.cost()});
      executor_.close(shared_->is_over());
      if (shared_->is_over()) finish_shared();
      shared_->leave({.cost = executor_.cost()});
    } catch (const store::StoreUnreachable& error) {
      shared_->keep(taken_batch());
      end_.rescued = shared_->rescue(record_, places_.metrics(), options_.rescue_file);
      end_.unreachable = error.what();
      end_.paused = true;
    }
  }

  // What is done once for a study is one worker's; the others wait for it.
  void finish_shared() {
    if (settings_.kind == study::Kind::sweep || settings_.kind == study::Kind::trace) return;
    if (shared_->is_cancelled()) return;
    while (!store_.begin_end()) {
      end_.paused = !goes_on();
      if (end_.paused) return;
      std::this_thread::sleep_for(kWriteEvery);
    }
    end_.paused = !executor_.end_study(shared_->director(), {}, [this] { return goes_on(); });
  }

  // Holds the lease meanwhile: who ends a study may take longer.
  bool goes_on() {
    if (shared_.has_value()) shared_->hold_lease();
    return !pause_.load();
  }

  // Of a study that this process has for itself, and whose trials have all ended.
  void finish(const store::Cost& cost) {
    const SearchDirector* director = director_.has_value() ? &*director_ : nullptr;
    end_.paused = !executor_.end_study(director, cost, [this] { return goes_on(); });
    if (!end_.paused) executor_.close(/*is_over=*/true);
  }

  store::StudyStore& store_;
  Executor& executor_;
  trials::Ledger& ledger_;
  const LoopOptions& options_;
  std::atomic<bool>& pause_;
  const store::StudyRecord record_;
  const study::Settings settings_;
  std::optional<SearchDirector> director_;
  std::optional<SharedStudy> shared_;
  MetricPlaces places_;
  bool is_idle_ = false;  // nothing trains, and nothing is at hand
  RunProgress before_;
  std::exception_ptr store_error_;
  Clock::time_point start_ = Clock::now();
  SpeedEstimate speed_;
  RunEnd end_;
};

}  // namespace

RunEnd run_study(store::StudyStore& store, Executor& executor, const LoopOptions& options,
                 std::atomic<bool>& pause,
                 const std::function<void(const RunProgress&)>& on_progress) {
  return StudyLoop(store, executor, options, pause).run(on_progress);
}

}  // namespace sweetspot::run
