// The runner: the only place where search, trainer and store meet. It feeds the cohorts with the
// study's waiting trials, judges their checks, and keeps what they report.
// Thread-safety: run() is called once, from one thread; request_pause() from any thread or a signal
// handler.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "run/shared_options.hpp"
#include "store/study_store.hpp"
#include "study/settings.hpp"
#include "sweetspot/image_set.hpp"
#include "sweetspot/network.hpp"
#include "train/cohort.hpp"
#include "train/images.hpp"

namespace sweetspot::run {

struct RunOptions {
  int threads = 1;
  int lanes = 0;               // a cohort; a multiple of 8; 0: as cohort_lanes() says
  double max_seconds = 0;      // pauses the study; 0 is no limit
  bool reverse_order = false;  // of admission; results do not depend on it
  // As one of several workers.
  std::optional<SharedOptions> shared = {};
  std::filesystem::path rescue_file = {};  // for what a store that stays out of reach did not get
};

struct RunProgress {
  int trials = 0;
  int ended = 0;
  int reached = 0;
  uint64_t trial_steps = 0;     // of all calls
  double steps_per_second = 0;  // over the last seconds
  double seconds = 0;           // of this call
  double seconds_left = 0;      // an estimate; negative while there is none
  uint64_t cost = 0;            // steps that a search may take; else 0
  std::string trouble = {};     // why nothing can be written just now; empty: it can
};

struct RunEnd {
  bool paused = false;
  std::string why;               // of the pause
  std::string failure;           // that the call gave up for; empty: none
  std::string unreachable = {};  // why the store was given up
  int rescued = 0;               // trials that stand in the rescue file
};

// The network that settings ask for, on images of `set`; `scale` times the filters of a named one.
train::Network network_of(const study::Settings& settings, const data::ImageSet& set,
                          double scale = 1);

// The proxy that settings of a search name, with images as its own.
train::Network proxy_of(const study::Settings& settings, const data::ImageSet& set);

// The scales of a size study that differ in their network, ascending: of those that round to the
// same filters the one that the study had first.
std::vector<double> distinct_scales(const study::Settings& settings, const data::ImageSet& set);

// What a study's cohorts look at, and when; the images and the network's number are not in it.
train::CohortOptions cohort_options(const study::Settings& settings);

// The images that its trials' validation accuracy is taken on; none where it is not taken.
std::optional<train::Images> validation_images(const study::Settings& settings,
                                               const data::ImageSet& set,
                                               const train::Network& network);

// Throws Error (usage) for settings that cannot be trained: unknown names with the nearest known
// one, a budget or check of 0, a batch larger than the data.
void require_trainable(const study::Settings& settings, const data::ImageSet& set);

// Throws Error (study) where a study was made with other data.
void require_same_data(const store::StudyRecord& kept, const std::string& checksum);

// Creates the study or extends it: writes the record and the trials that are missing. Throws Error
// (study) that names the first field in which the settings differ.
void prepare_study(store::StudyStore& store, const study::Settings& settings,
                   const data::ImageSet& set);

// The most values that an optimizer of the study keeps for each weight.
int optimizer_slots(const study::Settings& settings);

// In which order trials of networks are best started.
std::vector<size_t> admission_order_of(const std::vector<study::Trial>& trials);

class StudyRunner {
 public:
  StudyRunner(store::StudyStore& store, const data::ImageSet& set, const RunOptions& options);

  // Trains all waiting trials; `on_progress` is called about twice a second.
  RunEnd run(const std::function<void(const RunProgress&)>& on_progress);

  void request_pause() { pause_.store(true, std::memory_order_relaxed); }

 private:
  store::StudyStore& store_;
  const data::ImageSet& set_;
  RunOptions options_;
  std::atomic<bool> pause_{false};
};

}  // namespace sweetspot::run
