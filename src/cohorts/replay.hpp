// A trial trained again from the start: with the configs of all that it descends from, each as long
// as it was trained with. What is observed on the way is compared with what the study keeps.
// Thread-safety: free function.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/study_store.hpp"
#include "sweetspot/image_set.hpp"
#include "train/snapshot.hpp"

namespace sweetspot::cohorts {

// A stretch of a schedule: the config of one trial of the lineage.
struct ReplayStretch {
  int trial = 0;
  space::Config config;
  uint64_t from = 0;  // steps
  uint64_t until = 0;
};

struct Replay {
  std::vector<ReplayStretch> schedule;
  size_t compared = 0;                   // observations
  std::optional<std::string> different;  // the first that is not equal to the bit
  bool diverged = false;
  train::TrialSnapshot end;  // where it did not diverge
  // Whether the study keeps a snapshot of the trial at this step, and it has the same bytes.
  std::optional<bool> same_snapshot;
};

// The configs that a trial was trained with, the first first. Throws Error (usage) where the study
// has no such trial.
std::vector<ReplayStretch> schedule_of(store::StudyStore& store, int trial);

// Throws as schedule_of, and Error (study) for a trial that has not been trained, or for data other
// than the study's. `on_step` is told the step at each check.
Replay replay(store::StudyStore& store, const data::ImageSet& set, int trial,
              const std::function<void(uint64_t step)>& on_step);

}  // namespace sweetspot::cohorts
