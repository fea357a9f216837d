#include "run/study_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <thread>
#include <utility>

#include "run/admission_order.hpp"
#include "run/cohort_lanes.hpp"
#include "run/cohort_pool.hpp"
#include "run/estimate.hpp"
#include "run/rule_state.hpp"
#include "run/search_director.hpp"
#include "run/search_end.hpp"
#include "run/shared_study.hpp"
#include "run/speed_estimate.hpp"
#include "run/study_setup.hpp"
#include "run/trial_host.hpp"

namespace sweetspot::run {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr std::chrono::milliseconds kWriteEvery{500};
// What ends in so short a time is written together.
constexpr std::chrono::milliseconds kGatherFor{20};

size_t lanes_of(const RunOptions& options, const study::Settings& settings,
                store::StudyStore& store) {
  if (options.lanes > 0) return static_cast<size_t>(options.lanes);
  const std::vector<study::Trial> trials = store.trials();
  const auto waiting = std::count_if(trials.begin(), trials.end(), [](const study::Trial& trial) {
    return !trial.outcome.has_value();
  });
  return cohort_lanes(settings, static_cast<size_t>(waiting), static_cast<size_t>(options.threads),
                      options.shared.has_value());
}

// One call of run().
class StudyLoop {
 public:
  StudyLoop(store::StudyStore& store, const data::ImageSet& set, const RunOptions& options,
            std::atomic<bool>& pause)
      : store_(store),
        set_(set),
        options_(options),
        pause_(pause),
        record_(*store.record()),
        settings_(record_.settings),
        scales_(distinct_scales(settings_, set)),
        host_(settings_, rule_state(settings_, set), scales_, pause),
        lanes_(lanes_of(options, settings_, store)),
        pool_(settings_, set, scales_, host_, lanes_, pause) {}

  RunEnd run(const std::function<void(const RunProgress&)>& on_progress) {
    begin();
    // A search may propose more than it begins with, and others may give trials back.
    const size_t wanted =
        is_fed() ? static_cast<size_t>(options_.threads) : pool_.waiting_cohorts();
    if (wanted == 0) {
      finish({});
      return end_;
    }
    pool_.prepare_images();
    start_ = Clock::now();
    pool_.start(std::min(wanted, static_cast<size_t>(options_.threads)));
    watch(on_progress);
    pool_.join();
    end_calls();
    return end_;
  }

 private:
  bool is_fed() const {
    if (shared_.has_value()) return true;
    return director_.has_value() && waiting_cohorts_at_begin_ > 0;
  }

  void begin() {
    if (options_.shared.has_value()) {
      shared_.emplace(store_, settings_, host_, *options_.shared, pool_.proxy_ratio());
      host_.wait_for_more([this] { pool_.wake(); });
      const auto places = static_cast<size_t>(options_.threads) * lanes_;
      shared_->tick({}, [&] { return std::vector<Shortage>{{places, std::nullopt}}; });
      return;
    }
    if (settings_.kind == study::Kind::tune) {
      director_.emplace(settings_, pool_.proxy_ratio());
      director_->begin(store_, host_);
      host_.set_feed(*director_);
    } else {
      hand_over();
    }
    // After observations beyond the snapshots were dropped.
    before_ = kept();
    if (director_.has_value()) before_.best_score = director_->best_score();
    if (director_.has_value() && !study::has_proxy(settings_)) {
      before_.cost = director_->cost_steps();
      before_.cost_trials = static_cast<int>(director_->cost_trials());
    }
    waiting_cohorts_at_begin_ = pool_.waiting_cohorts();
  }

  // A study whose trials are known; gives the host every trial that has not ended.
  void hand_over() {
    std::vector<study::Trial> waiting;
    for (study::Trial& trial : store_.trials()) {
      if (!trial.outcome.has_value()) waiting.push_back(std::move(trial));
    }
    std::vector<size_t> order = admission_order_of(waiting);
    if (options_.reverse_order) std::reverse(order.begin(), order.end());
    for (const size_t index : order) {
      const study::Trial& trial = waiting[index];
      std::optional<train::TrialSnapshot> snapshot;
      if (const auto bytes = store_.rewind(trial.number); bytes.has_value()) {
        snapshot = train::snapshot_from_bytes(*bytes);
      }
      host_.add_waiting(trial, std::move(snapshot), store_.curve(trial.number));
    }
  }

  // What the store has already.
  RunProgress kept() {
    RunProgress kept = progress_of(settings_);
    for (const study::Trial& trial : store_.trials()) {
      ++kept.trials;
      if (trial.outcome.has_value()) {
        ++kept.ended;
        if (trial.outcome == study::Outcome::reached) {
          ++kept.reached;
          take_fewest(kept.fewest_steps, trial.steps);
        }
        kept.trial_steps += trial.own_steps();
      } else if (const study::Curve curve = store_.curve(trial.number); !curve.points.empty()) {
        const uint64_t origin = trial.origin.has_value() ? trial.origin->step : 0;
        kept.trial_steps += std::max(curve.points.back().step, origin) - origin;
      }
    }
    return kept;
  }

  // Until all threads have ended: writes what they observed, and shows how far they are.
  void watch(const std::function<void(const RunProgress&)>& on_progress) {
    Clock::time_point shown = start_;
    bool done = false;
    while (!done) {
      done = pool_.wait_for(kWriteEvery);
      if (pool_.was_woken()) std::this_thread::sleep_for(kGatherFor);
      try {
        if (store_error_ == nullptr && !done) write({.wall_seconds = seconds_since(start_)});
      } catch (...) {
        store_error_ = std::current_exception();
        pause_.store(true);
      }
      if (shared_.has_value() && shared_->is_over()) host_.stop_waiting();
      if (!done && seconds_since(shown) < std::chrono::duration<double>(kWriteEvery).count()) {
        continue;
      }
      shown = Clock::now();
      RunProgress now = progress();
      now.is_over = done;
      if (on_progress) on_progress(now);
      if (options_.max_seconds > 0 && now.seconds >= options_.max_seconds && !done) {
        pause_.store(true);
        end_.why = "max_seconds";
      }
    }
  }

  void write(const store::Cost& cost) {
    store::Batch batch = host_.take_batch();
    batch.cost = cost;
    const bool has_snapshots = !batch.snapshots.empty();
    const Clock::time_point start_of_write = Clock::now();
    if (shared_.has_value()) {
      shared_->tick(std::move(batch), [this] { return pool_.shortages(); });
    } else if (!batch.empty()) {
      store_.write(batch);
    }
    if (has_snapshots) host_.set_snapshot_write_seconds(seconds_since(start_of_write));
  }

  RunProgress progress() {
    const TrialHost::Totals totals = host_.totals();
    RunProgress now = speed_.progress(before_, totals, seconds_since(start_));
    if (!shared_.has_value()) return now;
    return shared_->of_all_workers(now);
  }

  void end_calls() {
    if (const std::exception_ptr error = pool_.error(); error != nullptr) fail(error);
    store::Cost cost;
    // A call that was paused before any result has none since its start.
    cost.wall_seconds =
        std::max(0.0, std::chrono::duration<double>(host_.totals().last_result - start_).count());
    cost.busy_lane_seconds = pool_.busy_lane_seconds();
    // Lanes of a cohort that ran out of trials stand idle until the last result, and count so.
    cost.lane_seconds = cost.wall_seconds * static_cast<double>(pool_.places());
    if (shared_.has_value()) return end_shared(cost);
    if (store_error_ != nullptr) std::rethrow_exception(store_error_);
    write(cost);
    end_.paused = pause_.load() && host_.totals().open > 0;
    if (!end_.paused) finish(cost);
  }

  // A worker's own failure: its trials go back, for others.
  void fail(const std::exception_ptr& error) {
    if (shared_.has_value()) {
      try {
        store_.leave();
      } catch (const Error&) {
        // They go back when the lease ends.
      }
    }
    std::rethrow_exception(error);
  }

  void end_shared(const store::Cost& cost) {
    store::Batch batch = host_.take_batch();
    batch.cost = cost;
    end_.paused = !shared_->is_over();
    try {
      if (store_error_ != nullptr) std::rethrow_exception(store_error_);
      if (!end_.paused) finish_shared(std::move(batch));
      shared_->leave(end_.paused ? std::move(batch) : store::Batch{.cost = cost});
    } catch (const store::StoreUnreachable& error) {
      shared_->keep(std::move(batch));
      end_.rescued = shared_->rescue(record_, study_metrics(), options_.rescue_file);
      end_.unreachable = error.what();
      end_.paused = true;
    }
  }

  // What is done once for a study is one worker's; the others wait for it.
  void finish_shared(store::Batch batch) {
    shared_->write_last(std::move(batch));
    if (settings_.kind == study::Kind::sweep || settings_.kind == study::Kind::trace) return;
    if (shared_->is_cancelled()) return;
    while (!store_.begin_end()) {
      end_.paused = !goes_on();
      if (end_.paused) return;
      std::this_thread::sleep_for(kWriteEvery);
    }
    finish({});
  }

  // Holds the lease meanwhile: who ends a study may take longer.
  bool goes_on() {
    if (shared_.has_value()) shared_->hold_lease();
    return !pause_.load();
  }

  // Of a study whose trials have all ended.
  void finish(const store::Cost& cost) {
    const SearchDirector* director =
        shared_.has_value() ? shared_->director() : (director_.has_value() ? &*director_ : nullptr);
    if (director != nullptr)
      end_.paused = !end_search(store_, set_, *director, cost, [this] { return goes_on(); });
    if (!end_.paused) measure_networks();
  }

  // Of a size study: what a step of each network takes.
  void measure_networks() {
    store::StudyRecord record = *store_.record();
    for (store::NetworkSize& network : record.networks) {
      if (!goes_on()) return;
      if (network.step_seconds > 0 || !network.name.empty()) continue;
      study::Settings at_scale = record.settings;
      at_scale.width *= network.scale;
      network.step_seconds = measured_step_seconds(at_scale, set_, lanes_);
    }
    store_.write_record(record, study_metrics());
  }

  store::StudyStore& store_;
  const data::ImageSet& set_;
  const RunOptions& options_;
  std::atomic<bool>& pause_;
  const store::StudyRecord record_;
  const study::Settings settings_;
  const std::vector<double> scales_;
  TrialHost host_;
  size_t lanes_;  // of a cohort
  std::optional<SearchDirector> director_;
  std::optional<SharedStudy> shared_;
  CohortPool pool_;  // after what its threads' host asks for trials
  size_t waiting_cohorts_at_begin_ = 0;
  RunProgress before_;
  std::exception_ptr store_error_;
  Clock::time_point start_ = Clock::now();
  SpeedEstimate speed_;
  RunEnd end_;
};

}  // namespace

StudyRunner::StudyRunner(store::StudyStore& store, const data::ImageSet& set,
                         const RunOptions& options)
    : store_(store), set_(set), options_(options) {}

RunEnd StudyRunner::run(const std::function<void(const RunProgress&)>& on_progress) {
  return StudyLoop(store_, set_, options_, pause_).run(on_progress);
}

}  // namespace sweetspot::run
