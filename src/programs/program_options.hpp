// How the trials of a program of one's own are run; their results do not depend on it.
// Thread-safety: plain values.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "run/shared_options.hpp"

namespace sweetspot::programs {

struct ProgramOptions {
  int parallel = 1;               // trials side by side
  std::vector<std::string> gpus;  // each place gets one, in turn, as CUDA_VISIBLE_DEVICES
  double grace_seconds = 10;      // between SIGTERM and SIGKILL
  double stall_seconds = 0;       // a run without a report for so long is stopped; 0: never
  int retries = 0;                // of a trial whose run fails
  // Trials in a row that fail alike end the call; five times as many once any has worked, since a
  // failure may be its config's then. 0: never.
  int give_up_after = 5;
  double max_seconds = 0;                         // pauses the study; 0: no limit
  std::optional<run::SharedOptions> shared = {};  // as one of several workers
  std::filesystem::path rescue_file = {};  // for what a store that stays out of reach did not get
  // Variables of the environment that programs do not get: the store's credentials, but for what
  // was asked to be kept.
  std::vector<std::string> withheld_environment = {};
  std::vector<std::string> keep_environment = {};
  // For checkpoints, logs and report files of all parts (StudyFiles).
  std::filesystem::path files;
};

}  // namespace sweetspot::programs
