// Trials that train together on one thread, by continuous batching: the moment a trial ends, its
// lane takes the next one from the host, at that trial's own step 0, while the others go on.
// Thread-safety: a cohort belongs to one thread; its host is called from all cohorts' threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "data/minibatch_order.hpp"
#include "train/images.hpp"
#include "train/lane_block.hpp"
#include "train/snapshot.hpp"

namespace sweetspot::train {

struct CohortTrial {
  int number = 0;
  LaneRecipe recipe;
  std::optional<TrialSnapshot> snapshot;  // to go on from
};

// What is known of a trial at one of its checks.
struct CohortCheck {
  int number = 0;
  uint64_t step = 0;
  double train_accuracy = 0;    // correct / seen over the last kRecentSteps minibatches
  double running_accuracy = 0;  // correct / seen since step 0
  double loss = 0;              // mean over the last kRecentSteps minibatches
  std::optional<double> validation_accuracy;
  double compute_seconds = 0;  // of this trial so far
};

enum class AfterCheck {
  go_on,
  end,    // the lane is free
  pause,  // the same, once its snapshot is given
};

class CohortHost {
 public:
  virtual ~CohortHost() = default;
  // The next trial to train on the network number `network`; none where none is at hand, though
  // more may come while others train.
  virtual std::optional<CohortTrial> next_trial(size_t network) = 0;
  virtual AfterCheck check(const CohortCheck& check) = 0;
  // The trial's loss was not finite; its lane is free.
  virtual void diverged(const CohortCheck& last) = 0;
  // A snapshot of a trial under way, taken in its time or because of a pause of it or of all.
  virtual void snapshot(int number, const TrialSnapshot& snapshot) = 0;
  // How long it took to keep the snapshots that were given last.
  virtual double snapshot_write_seconds() = 0;
  virtual bool pause_requested() = 0;
};

constexpr uint64_t kEarlySteps = 100;

struct CohortOptions {
  size_t network = 0;  // its number, by which the host hands out trials
  int lanes = 8;       // a multiple of 8
  uint64_t check_every = 50;
  // Where above 0: checks so many steps apart besides, until step kEarlySteps.
  uint64_t early_checks = 0;
  uint64_t budget = 8000;              // steps; the last check is here
  const Images* validation = nullptr;  // null: validation_accuracy is not taken
  double snapshot_seconds = 60;  // between snapshots, or more where they cost more than their share
  double snapshot_share = 0.02;  // of the time
};

struct CohortUse {
  double busy_lane_seconds = 0;
  double seconds = 0;  // from the first step to the end of the last
};

class Cohort {
 public:
  // `order` and the images must outlive the cohort.
  Cohort(const Network& network, const Images& training, data::MinibatchOrder& order,
         const CohortOptions& options, CohortHost& host);
  ~Cohort();
  Cohort(Cohort&&) = delete;

  // Trains until the host has no trial at hand and all lanes are idle, or until it asks for a
  // pause: then it has snapshots of all trials under way.
  CohortUse run();

 private:
  struct LaneTrial;
  struct Group;

  bool fill_idle_lanes();
  void step(Group& group);
  void finish_step(Group& group, size_t lane, const LaneResult& result);
  void give_snapshot(const Group& group, size_t lane);
  void give_snapshots();
  CohortCheck check_of(const LaneTrial& trial) const;
  bool is_check_step(uint64_t step) const;

  data::MinibatchOrder& order_;
  CohortOptions options_;
  CohortHost& host_;
  std::vector<std::unique_ptr<Group>> groups_;
};

}  // namespace sweetspot::train
