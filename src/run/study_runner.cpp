#include "run/study_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "run/cohort_lanes.hpp"
#include "run/estimate.hpp"
#include "run/network_queue.hpp"
#include "run/rule_state.hpp"
#include "run/search_director.hpp"
#include "run/search_end.hpp"
#include "run/shared_study.hpp"
#include "run/speed_estimate.hpp"
#include "run/trial_host.hpp"
#include "search/admission.hpp"
#include "train/cohort.hpp"
#include "train/optimizer.hpp"
#include "train/stages.hpp"

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
        has_proxy_(settings_.kind == study::Kind::tune && !settings_.search.proxy.empty()),
        host_(settings_, rule_state(settings_, set), scales_, pause),
        lanes_(lanes_of(options, settings_, store)) {
    for (const double scale : scales_) networks_.push_back(network_of(settings_, set, scale));
    if (has_proxy_) networks_.push_back(proxy_of(settings_, set));
    queue_.emplace(host_, networks_.size());
  }

  RunEnd run(const std::function<void(const RunProgress&)>& on_progress) {
    begin();
    // A search may propose more than it begins with, and others may give trials back.
    const size_t wanted = is_fed() ? static_cast<size_t>(options_.threads) : waiting_cohorts();
    if (wanted == 0) {
      finish({});
      return end_;
    }
    threads_ = std::min(wanted, static_cast<size_t>(options_.threads));
    prepare_images();
    start_ = Clock::now();
    start_threads();
    watch(on_progress);
    for (std::thread& worker : workers_) worker.join();
    end_calls();
    return end_;
  }

 private:
  bool is_fed() const {
    if (shared_.has_value()) return true;
    return director_.has_value() && waiting_cohorts_at_begin_ > 0;
  }

  size_t waiting_cohorts() {
    size_t cohorts = 0;
    for (size_t i = 0; i < networks_.size(); ++i) {
      cohorts += (host_.waiting(i) + lanes_ - 1) / lanes_;
    }
    return cohorts;
  }

  // Operations of a step of the network over those of its proxy's.
  double proxy_ratio() const {
    const auto operations = [&](const train::Network& network) {
      return train::operations_per_step(train::stages_of(network), settings_.batch_size);
    };
    return operations(networks_.front()) / operations(networks_.back());
  }

  void begin() {
    if (options_.shared.has_value()) {
      shared_.emplace(store_, settings_, host_, *options_.shared, proxy_ratio());
      host_.wait_for_more([this] {
        is_short_.store(true);
        changed_.notify_all();
      });
      const auto places = static_cast<size_t>(options_.threads) * lanes_;
      shared_->tick({}, [&] { return std::vector<Shortage>{{places, std::nullopt}}; });
      return;
    }
    if (settings_.kind == study::Kind::tune) {
      director_.emplace(settings_, proxy_ratio());
      director_->begin(store_, host_);
      host_.set_feed(*director_);
    } else {
      hand_over();
    }
    // After observations beyond the snapshots were dropped.
    before_ = kept();
    if (director_.has_value() && !has_proxy_) before_.cost = director_->cost_steps();
    waiting_cohorts_at_begin_ = waiting_cohorts();
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
    RunProgress kept;
    for (const study::Trial& trial : store_.trials()) {
      ++kept.trials;
      if (trial.outcome.has_value()) {
        ++kept.ended;
        kept.reached += trial.outcome == study::Outcome::reached ? 1 : 0;
        kept.trial_steps += trial.own_steps();
      } else if (const study::Curve curve = store_.curve(trial.number); !curve.points.empty()) {
        const uint64_t origin = trial.origin.has_value() ? trial.origin->step : 0;
        kept.trial_steps += curve.points.back().step - origin;
      }
    }
    return kept;
  }

  // The sizes of a network see their images alike; a proxy may not.
  void prepare_images() {
    const data::Split parts = data::split(set_);
    for (size_t i = 0; i < (has_proxy_ ? 2U : 1U); ++i) {
      training_.emplace_back(networks_[i], parts.training.pixels, parts.training.labels);
      validation_.push_back(validation_images(settings_, set_, networks_[i]));
    }
    minibatches_.emplace(training_.front().count(), static_cast<uint32_t>(settings_.batch_size));
  }

  void start_threads() {
    running_ = threads_;
    errors_.resize(threads_);
    uses_.resize(threads_);
    for (size_t i = 0; i < threads_; ++i) {
      workers_.emplace_back([this, i] {
        try {
          train(uses_[i]);
        } catch (...) {
          errors_[i] = std::current_exception();
          pause_.store(true);
        }
        const std::lock_guard lock(mutex_);
        --running_;
        changed_.notify_all();
      });
    }
  }

  void train(train::CohortUse& all) {
    train::CohortOptions options = cohort_options(settings_);
    options.lanes = static_cast<int>(lanes_);
    while (const std::optional<size_t> network = queue_->take()) {
      options.network = *network;
      const size_t images = std::min(*network, training_.size() - 1);
      options.validation = validation_[images].has_value() ? &*validation_[images] : nullptr;
      train::Cohort cohort(networks_[*network], training_[images], *minibatches_, options, host_);
      all.busy_lane_seconds += cohort.run().busy_lane_seconds;
      queue_->give_back(*network);
      // Not before the first: a cohort steps once even where a pause is asked for at once.
      if (pause_.load()) return;
    }
  }

  // Until all threads have ended: writes what they observed, and shows how far they are.
  void watch(const std::function<void(const RunProgress&)>& on_progress) {
    Clock::time_point shown = start_;
    bool done = false;
    while (!done) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kWriteEvery, [&] { return running_ == 0 || is_short_.load(); });
        done = running_ == 0;
      }
      if (is_short_.exchange(false)) std::this_thread::sleep_for(kGatherFor);
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
      const RunProgress now = progress();
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
      shared_->tick(std::move(batch), [this] { return shortages(); });
    } else if (!batch.empty()) {
      store_.write(batch);
    }
    if (has_snapshots) host_.set_snapshot_write_seconds(seconds_since(start_of_write));
  }

  // Lanes that stand idle.
  std::vector<Shortage> shortages() {
    std::vector<Shortage> all;
    if (pause_.load()) return all;
    const bool has_sizes = settings_.kind == study::Kind::size;
    size_t open = 0;
    for (size_t i = 0; i < networks_.size(); ++i) {
      open += host_.open(i);
      const size_t places = queue_->threads(i) * lanes_;
      if (has_sizes && host_.open(i) < places) {
        all.push_back({places - host_.open(i), scales_[i]});
      }
    }
    const size_t places = threads_ * lanes_;
    if (has_sizes) {
      if (queue_->idle() > 0 && open < places) all.push_back({lanes_, std::nullopt});
    } else if (open < places) {
      all.push_back({places - open, std::nullopt});
    }
    return all;
  }

  RunProgress progress() {
    const TrialHost::Totals totals = host_.totals();
    RunProgress now = speed_.progress(before_, totals, seconds_since(start_));
    if (!shared_.has_value()) return now;
    return shared_->of_all_workers(now);
  }

  void end_calls() {
    for (const std::exception_ptr& error : errors_) {
      if (error != nullptr) fail(error);
    }
    store::Cost cost;
    cost.wall_seconds = std::chrono::duration<double>(host_.totals().last_result - start_).count();
    for (const train::CohortUse& use : uses_) cost.busy_lane_seconds += use.busy_lane_seconds;
    // Lanes of a cohort that ran out of trials stand idle until the last result, and count so.
    cost.lane_seconds = cost.wall_seconds * static_cast<double>(threads_ * lanes_);
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
  const bool has_proxy_;
  TrialHost host_;
  size_t lanes_;  // of a cohort
  std::vector<train::Network> networks_;
  std::optional<NetworkQueue> queue_;
  std::optional<SearchDirector> director_;
  std::optional<SharedStudy> shared_;
  size_t waiting_cohorts_at_begin_ = 0;
  RunProgress before_;

  std::vector<train::Images> training_;
  std::vector<std::optional<train::Images>> validation_;
  std::optional<data::MinibatchOrder> minibatches_;

  size_t threads_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> is_short_{false};
  size_t running_ = 0;
  std::vector<std::thread> workers_;
  std::vector<std::exception_ptr> errors_;
  std::vector<train::CohortUse> uses_;
  std::exception_ptr store_error_;
  Clock::time_point start_ = Clock::now();
  SpeedEstimate speed_;
  RunEnd end_;
};

}  // namespace

std::vector<size_t> admission_order_of(const std::vector<study::Trial>& trials) {
  std::vector<search::AdmissionCandidate> candidates;
  for (const study::Trial& trial : trials) {
    const int optimizer = train::optimizer_index(space::choice_in(trial.config, "optimizer"));
    const train::UsualRates usual = train::optimizers()[static_cast<size_t>(optimizer)].usual_rates;
    candidates.push_back(
        {space::number_in(trial.config, "learning_rate"), usual.lowest, usual.highest});
  }
  return search::admission_order(candidates);
}

StudyRunner::StudyRunner(store::StudyStore& store, const data::ImageSet& set,
                         const RunOptions& options)
    : store_(store), set_(set), options_(options) {}

RunEnd StudyRunner::run(const std::function<void(const RunProgress&)>& on_progress) {
  return StudyLoop(store_, set_, options_, pause_).run(on_progress);
}

}  // namespace sweetspot::run
