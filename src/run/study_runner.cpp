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

#include "run/estimate.hpp"
#include "run/rule_state.hpp"
#include "run/search_director.hpp"
#include "run/search_end.hpp"
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

// Which network a thread trains next: of those with waiting trials the one that the fewest threads
// train, the largest among equals (networks come in ascending size), so that the long ones do not
// come last.
class NetworkQueue {
 public:
  NetworkQueue(TrialHost& host, size_t networks) : host_(host), threads_(networks, 0) {}

  std::optional<size_t> take() {
    while (true) {
      if (const std::optional<size_t> network = take_waiting()) return network;
      if (!host_.wait_for_trials()) return std::nullopt;
    }
  }

  void give_back(size_t network) {
    const std::lock_guard lock(mutex_);
    --threads_[network];
  }

 private:
  std::optional<size_t> take_waiting() {
    const std::lock_guard lock(mutex_);
    std::optional<size_t> best;
    for (size_t i = threads_.size(); i-- > 0;) {
      if (host_.waiting(i) > 0 && (!best.has_value() || threads_[i] < threads_[*best])) best = i;
    }
    if (best.has_value()) ++threads_[*best];
    return best;
  }

  TrialHost& host_;
  std::mutex mutex_;
  std::vector<int> threads_;
};

}  // namespace

StudyRunner::StudyRunner(store::StudyStore& store, const data::ImageSet& set,
                         const RunOptions& options)
    : store_(store), set_(set), options_(options) {}

void StudyRunner::hand_over(const std::vector<double>& scales, TrialHost& host) {
  std::vector<study::Trial> waiting;
  std::vector<search::AdmissionCandidate> candidates;
  for (study::Trial& trial : store_.trials()) {
    if (trial.outcome.has_value()) continue;
    const int optimizer = train::optimizer_index(space::choice_in(trial.config, "optimizer"));
    const train::UsualRates usual = train::optimizers()[static_cast<size_t>(optimizer)].usual_rates;
    candidates.push_back(
        {space::number_in(trial.config, "learning_rate"), usual.lowest, usual.highest});
    waiting.push_back(std::move(trial));
  }
  std::vector<size_t> order = search::admission_order(candidates);
  if (options_.reverse_order) std::reverse(order.begin(), order.end());
  for (const size_t index : order) {
    const study::Trial& trial = waiting[index];
    std::optional<train::TrialSnapshot> snapshot;
    if (const auto bytes = store_.rewind(trial.number); bytes.has_value()) {
      snapshot = train::snapshot_from_bytes(*bytes);
    }
    size_t network = 0;
    if (trial.config.contains("scale")) {
      const auto found =
          std::find(scales.begin(), scales.end(), space::number_in(trial.config, "scale"));
      network = static_cast<size_t>(found - scales.begin());
    }
    host.add_waiting(network, trial, std::move(snapshot), store_.curve(trial.number));
  }
}

RunProgress StudyRunner::kept() {
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

void StudyRunner::measure_networks() {
  store::StudyRecord record = *store_.record();
  for (store::NetworkSize& network : record.networks) {
    if (pause_.load()) return;
    if (network.step_seconds > 0 || !network.name.empty()) continue;
    study::Settings at_scale = record.settings;
    at_scale.width *= network.scale;
    network.step_seconds = measured_step_seconds(at_scale, set_);
  }
  store_.write_record(record, study_metrics());
}

RunEnd StudyRunner::run(const std::function<void(const RunProgress&)>& on_progress) {
  const study::Settings settings = store_.record()->settings;
  const std::vector<double> scales = distinct_scales(settings, set_);
  std::vector<train::Network> networks;
  for (const double scale : scales) networks.push_back(network_of(settings, set_, scale));
  const bool has_proxy = settings.kind == study::Kind::tune && !settings.search.proxy.empty();
  if (has_proxy) networks.push_back(proxy_of(settings, set_));
  TrialHost host(settings, rule_state(settings, set_), pause_);
  std::optional<SearchDirector> director;
  if (settings.kind == study::Kind::tune) {
    const auto operations = [&](const train::Network& network) {
      return train::operations_per_step(train::stages_of(network), settings.batch_size);
    };
    director.emplace(settings, operations(networks.front()) / operations(networks.back()));
    director->begin(store_, host);
    host.set_feed(*director);
  } else {
    hand_over(scales, host);
  }
  // After observations beyond the snapshots were dropped.
  RunProgress before = kept();
  if (director.has_value() && !has_proxy) before.cost = director->cost_steps();
  const auto lanes = static_cast<size_t>(options_.lanes);
  size_t wanted = 0;
  for (size_t i = 0; i < networks.size(); ++i) wanted += (host.waiting(i) + lanes - 1) / lanes;
  const auto finish = [&](RunEnd& end, const store::Cost& cost) {
    if (director.has_value()) end.paused = !end_search(store_, set_, *director, cost, pause_);
    if (!end.paused) measure_networks();
  };
  RunEnd result;
  if (wanted == 0) {
    finish(result, {});
    return result;
  }
  // A search may propose more than it begins with.
  if (director.has_value()) wanted = static_cast<size_t>(options_.threads);

  const data::Split parts = data::split(set_);
  // The sizes of a network see their images alike; a proxy may not.
  std::vector<train::Images> training;
  std::vector<std::optional<train::Images>> validation;
  for (size_t i = 0; i < (has_proxy ? 2U : 1U); ++i) {
    training.emplace_back(networks[i], parts.training.pixels, parts.training.labels);
    validation.push_back(validation_images(settings, set_, networks[i]));
  }
  data::MinibatchOrder minibatches(training.front().count(),
                                   static_cast<uint32_t>(settings.batch_size));
  train::CohortOptions options = cohort_options(settings);
  options.lanes = options_.lanes;
  const size_t threads = std::min(wanted, static_cast<size_t>(options_.threads));

  NetworkQueue queue(host, networks.size());
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
        while (const std::optional<size_t> network = queue.take()) {
          train::CohortOptions of_network = options;
          of_network.network = *network;
          const size_t images = std::min(*network, training.size() - 1);
          of_network.validation = validation[images].has_value() ? &*validation[images] : nullptr;
          train::Cohort cohort(networks[*network], training[images], minibatches, of_network, host);
          const train::CohortUse use = cohort.run();
          uses[i].busy_lane_seconds += use.busy_lane_seconds;
          queue.give_back(*network);
          // Not before the first: a cohort steps once even where a pause is asked for at once.
          if (pause_.load()) break;
        }
      } catch (...) {
        errors[i] = std::current_exception();
        pause_.store(true);
      }
      const std::lock_guard lock(mutex);
      --running;
      changed.notify_all();
    });
  }

  std::exception_ptr store_error;
  SpeedEstimate speed;
  const auto write = [&](const store::Cost& cost) {
    store::Batch batch = host.take_batch();
    batch.cost = cost;
    const bool has_snapshots = !batch.snapshots.empty();
    const Clock::time_point start_of_write = Clock::now();
    if (!batch.empty()) store_.write(batch);
    if (has_snapshots) host.set_snapshot_write_seconds(seconds_since(start_of_write));
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
    const TrialHost::Totals totals = host.totals();
    const RunProgress progress = speed.progress(before, totals, seconds_since(start));
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
  cost.wall_seconds = std::chrono::duration<double>(host.totals().last_result - start).count();
  for (const train::CohortUse& use : uses) cost.busy_lane_seconds += use.busy_lane_seconds;
  // Lanes of a cohort that ran out of trials stand idle until the last result, and count so.
  cost.lane_seconds = cost.wall_seconds * static_cast<double>(threads * lanes);
  write(cost);
  result.paused = pause_.load() && host.totals().open > 0;
  if (!result.paused) finish(result, cost);
  return result;
}

}  // namespace sweetspot::run
