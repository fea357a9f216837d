// The script that has Slurm start workers. Thread-safety: pure function.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/open_store.hpp"

namespace sweetspot::cluster {

struct BatchJob {
  std::string program;  // sweetspot, where every node finds it
  store::Address address;
  int workers = 1;
  int threads = 1;                           // of each
  std::optional<int> lanes = {};             // none: as wide as the node's processor is
  std::optional<double> lease_seconds = {};  // as `sweetspot worker` takes them; none: its defaults
  std::optional<double> patience_seconds = {};
  std::string partition;  // as sbatch takes them; none: Slurm's default
  std::string time;
  std::string gpus;
  std::vector<std::string> options;  // further ones of sbatch's
};

// Of sbatch: an array of workers. One that gets SIGUSR1, a minute before its time is up, gives its
// trials back and is queued again; so is one that is preempted, by Slurm. It holds no password.
// Throws Error (usage) for an option that would end its line.
std::string batch_script(const BatchJob& job);

}  // namespace sweetspot::cluster
