#include "train/cohort.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/thread_time.hpp"

namespace sweetspot::train {
namespace {

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

struct Cohort::LaneTrial {
  int number = -1;
  LaneRecipe recipe;
  uint64_t step = 0;
  TrialSnapshot counters;  // its LaneState stays in the block
  std::shared_ptr<const std::vector<uint32_t>> epoch;
  bool at_check = false;
};

struct Cohort::Group {
  std::unique_ptr<LaneBlock> block;
  std::array<std::optional<LaneTrial>, kMostBlockLanes> lanes;  // the block's, then none

  size_t busy() const {
    return static_cast<size_t>(std::count_if(lanes.begin(), lanes.end(),
                                             [](const auto& lane) { return lane.has_value(); }));
  }
  void free(size_t lane) {
    lanes[lane].reset();
    block->stop(lane);
  }
};

Cohort::Cohort(const Network& network, const Images& training, data::MinibatchOrder& order,
               const CohortOptions& options, CohortHost& host)
    : order_(order), options_(options), host_(host) {
  const auto lanes = static_cast<size_t>(options.lanes);
  for (size_t made = 0; made < lanes; made += groups_.back()->block->lanes()) {
    groups_.push_back(std::make_unique<Group>());
    groups_.back()->block =
        make_lane_block(network, static_cast<int>(order.batch_size()), training, lanes - made);
  }
}

Cohort::~Cohort() = default;

bool Cohort::fill_idle_lanes() {
  bool any_busy = false;
  bool host_is_empty = false;
  for (const auto& group : groups_) {
    for (size_t lane = 0; lane < group->block->lanes(); ++lane) {
      if (!group->lanes[lane].has_value() && !host_is_empty) {
        std::optional<CohortTrial> next = host_.next_trial(options_.network);
        if (!next.has_value()) {
          host_is_empty = true;
        } else {
          LaneTrial& trial = group->lanes[lane].emplace();
          trial.number = next->number;
          trial.recipe = next->recipe;
          if (next->snapshot.has_value()) {
            group->block->resume(lane, trial.recipe, next->snapshot->state);
            trial.step = next->snapshot->state.step;
            trial.counters = std::move(*next->snapshot);
            trial.counters.state = {};
          } else {
            group->block->start(lane, trial.recipe);
            trial.counters.recent_losses.assign(kRecentSteps, 0.0);
            trial.counters.recent_correct.assign(kRecentSteps, 0);
          }
        }
      }
      any_busy = any_busy || group->lanes[lane].has_value();
    }
  }
  return any_busy;
}

bool Cohort::is_check_step(uint64_t step) const {
  const bool early =
      options_.early_checks > 0 && step <= kEarlySteps && step % options_.early_checks == 0;
  return early || step % options_.check_every == 0 || step == options_.budget;
}

CohortCheck Cohort::check_of(const LaneTrial& trial) const {
  const TrialSnapshot& counters = trial.counters;
  const uint64_t recent = std::min<uint64_t>(trial.step, kRecentSteps);
  CohortCheck check;
  check.number = trial.number;
  check.step = trial.step;
  uint64_t correct = 0;
  double loss = 0;
  for (uint64_t i = 0; i < recent; ++i) {
    correct += counters.recent_correct[i];
    loss += counters.recent_losses[i];
  }
  check.train_accuracy =
      static_cast<double>(correct) / static_cast<double>(recent * order_.batch_size());
  check.loss = loss / static_cast<double>(recent);
  check.running_accuracy =
      static_cast<double>(counters.correct) / static_cast<double>(counters.seen);
  check.compute_seconds = counters.compute_seconds;
  return check;
}

void Cohort::finish_step(Group& group, size_t lane, const LaneResult& result) {
  LaneTrial& trial = *group.lanes[lane];
  TrialSnapshot& counters = trial.counters;
  const size_t slot = trial.step % kRecentSteps;
  counters.recent_losses[slot] = result.loss;
  counters.recent_correct[slot] = result.correct;
  counters.correct += result.correct;
  counters.seen += order_.batch_size();
  ++trial.step;
  if (!std::isfinite(result.loss)) {
    host_.diverged(check_of(trial));
    group.free(lane);
    return;
  }
  trial.at_check = is_check_step(trial.step);
}

void Cohort::step(Group& group) {
  const double start = thread_seconds();
  LaneBatches batches;
  for (size_t lane = 0; lane < kMostBlockLanes; ++lane) {
    if (!group.lanes[lane].has_value()) continue;
    LaneTrial& trial = *group.lanes[lane];
    batches[lane] = order_.batch(trial.recipe.seed, trial.step, trial.epoch);
  }
  const auto results = group.block->step(batches);
  bool any_check = false;
  for (size_t lane = 0; lane < kMostBlockLanes; ++lane) {
    if (!group.lanes[lane].has_value()) continue;
    finish_step(group, lane, results[lane]);
    any_check = any_check || (group.lanes[lane].has_value() && group.lanes[lane]->at_check);
  }
  LaneCounts correct{};
  if (any_check && options_.validation != nullptr) {
    correct = group.block->count_correct(*options_.validation);
  }
  const size_t busy = group.busy();
  const double share = busy == 0 ? 0 : (thread_seconds() - start) / static_cast<double>(busy);
  for (size_t lane = 0; lane < kMostBlockLanes; ++lane) {
    if (!group.lanes[lane].has_value()) continue;
    LaneTrial& trial = *group.lanes[lane];
    trial.counters.compute_seconds += share;
    if (!trial.at_check) continue;
    trial.at_check = false;
    CohortCheck check = check_of(trial);
    if (options_.validation != nullptr) {
      check.validation_accuracy = static_cast<double>(correct[lane]) / options_.validation->count();
    }
    const AfterCheck after = host_.check(check);
    if (after == AfterCheck::pause) give_snapshot(group, lane);
    if (after != AfterCheck::go_on) group.free(lane);
  }
}

void Cohort::give_snapshot(const Group& group, size_t lane) {
  const LaneTrial& trial = *group.lanes[lane];
  TrialSnapshot snapshot = trial.counters;
  snapshot.state = group.block->state(lane);
  host_.snapshot(trial.number, snapshot);
}

void Cohort::give_snapshots() {
  for (const auto& group : groups_) {
    for (size_t lane = 0; lane < kMostBlockLanes; ++lane) {
      if (group->lanes[lane].has_value()) give_snapshot(*group, lane);
    }
  }
}

CohortUse Cohort::run() {
  CohortUse use;
  const double start = wall_seconds();
  double last = start;
  double next_snapshots = start + options_.snapshot_seconds;
  while (fill_idle_lanes()) {
    size_t busy = 0;
    for (const auto& group : groups_) {
      const size_t in_group = group->busy();
      busy += in_group;
      if (in_group > 0) step(*group);
    }
    const bool pause = host_.pause_requested();
    const double before = wall_seconds();
    if (pause || before >= next_snapshots) {
      give_snapshots();
      const double cost = wall_seconds() - before + host_.snapshot_write_seconds();
      next_snapshots = before + std::max(options_.snapshot_seconds, cost / options_.snapshot_share);
    }
    const double now = wall_seconds();
    use.busy_lane_seconds += static_cast<double>(busy) * (now - last);
    last = now;
    if (pause) break;
  }
  use.seconds = last - start;
  return use;
}

}  // namespace sweetspot::train
