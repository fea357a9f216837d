#include "cohorts/cohort_executor.hpp"

#include <algorithm>
#include <exception>
#include <thread>

#include "cohorts/admission_order.hpp"
#include "cohorts/rule_state.hpp"
#include "cohorts/search_end.hpp"
#include "cohorts/step_time.hpp"
#include "cohorts/study_setup.hpp"

namespace sweetspot::cohorts {
namespace {

// What ends in so short a time is written together.
constexpr std::chrono::milliseconds kGatherFor{20};

}  // namespace

CohortExecutor::CohortExecutor(store::StudyStore& store, const data::ImageSet& set, size_t threads,
                               size_t lanes, std::atomic<bool>& pause)
    : store_(store),
      set_(set),
      threads_(threads),
      lanes_(lanes),
      settings_(store.record()->settings),
      scales_(distinct_scales(settings_, set)),
      host_(settings_, rule_state(settings_, set), scales_, pause),
      pool_(settings_, set, scales_, host_, lanes, pause) {}

std::vector<size_t> CohortExecutor::admission_order(const std::vector<study::Trial>& trials) const {
  return admission_order_of(trials);
}

bool CohortExecutor::start(bool more_may_come) {
  if (more_may_come) host_.wait_for_more([this] { pool_.wake(); });
  size_t wanted = pool_.waiting_cohorts();
  // A search may propose more than it begins with, and others may give trials back.
  const bool is_fed = settings_.kind == study::Kind::tune && wanted > 0;
  if (more_may_come || is_fed) wanted = threads_;
  if (wanted == 0) return false;
  pool_.prepare_images();
  start_ = Clock::now();
  pool_.start(std::min(wanted, threads_));
  return true;
}

CohortExecutor::Progress CohortExecutor::train_until(Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
  if (pool_.wait_for(std::max(left, std::chrono::milliseconds(0)))) return Progress::everything;
  if (!pool_.was_woken()) return Progress::none;
  std::this_thread::sleep_for(kGatherFor);
  return Progress::news;
}

void CohortExecutor::join() {
  pool_.join();
  has_ended_ = true;
  if (const std::exception_ptr error = pool_.error(); error != nullptr) {
    std::rethrow_exception(error);
  }
}

void CohortExecutor::written(bool has_snapshots, double seconds) {
  if (has_snapshots) host_.set_snapshot_write_seconds(seconds);
}

store::Cost CohortExecutor::cost() {
  store::Cost cost;
  const auto seconds_until = [&](Clock::time_point end) {
    return std::max(0.0, std::chrono::duration<double>(end - start_).count());
  };
  if (start_ == Clock::time_point{}) return cost;
  if (!has_ended_) {
    cost.wall_seconds = seconds_until(Clock::now());
    return cost;
  }
  // A call that was paused before any result has none since its start.
  cost.wall_seconds = seconds_until(host_.last_result());
  cost.busy_lane_seconds = pool_.busy_lane_seconds();
  // Lanes of a cohort that ran out of trials stand idle until the last result, and count so.
  cost.lane_seconds = cost.wall_seconds * static_cast<double>(pool_.places());
  return cost;
}

bool CohortExecutor::end_study(const run::SearchDirector* director, const store::Cost& cost,
                               const std::function<bool()>& goes_on) {
  if (director != nullptr && !end_search(store_, set_, *director, cost, goes_on)) return false;
  return measure_networks(goes_on);
}

bool CohortExecutor::measure_networks(const std::function<bool()>& goes_on) {
  store::StudyRecord record = *store_.record();
  bool is_changed = false;
  for (store::NetworkSize& network : record.networks) {
    if (network.step_seconds > 0 || !network.name.empty()) continue;
    if (!goes_on()) return true;
    study::Settings at_scale = record.settings;
    at_scale.width *= network.scale;
    network.step_seconds = measured_step_seconds(at_scale, set_, lanes_);
    is_changed = true;
  }
  if (is_changed) store_.write_record(record, study_metrics());
  return true;
}

}  // namespace sweetspot::cohorts
