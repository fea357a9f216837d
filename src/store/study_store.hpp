// What keeps a study, or one part of it: an article's study has a sweep, sizes and traces. One
// interface for all stores; the SQLite one is sqlite_store.hpp.
// Thread-safety: one thread at a time an object; other processes may read the same study.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "study/settings.hpp"
#include "study/trial.hpp"

namespace sweetspot::store {

// One size of a network whose filters are scaled, or a proxy.
struct NetworkSize {
  std::string name = {};  // of a proxy; none: the study's own at that scale
  double scale = 1;
  uint64_t weights = 0;
  double operations_per_step = 0;  // floating-point, direct arithmetic
  double step_seconds = 0;  // compute, of one trial in full lanes of one idle core; 0: not yet
  bool operator==(const NetworkSize&) const = default;
};

// What a part of a study is, besides its trials.
struct StudyRecord {
  study::Settings settings;
  std::string program_version;
  std::string data_checksum;          // SHA-256, hexadecimal
  uint64_t weights = 0;               // of the network
  double operations_per_step = 0;     // floating-point, direct arithmetic
  std::string early_stop;             // what the rule is for this study, in words
  std::vector<NetworkSize> networks;  // of a study over sizes
};

// Sums over all calls that trained.
struct Cost {
  double wall_seconds = 0;  // first training step to last result of each call
  double busy_lane_seconds = 0;
  double lane_seconds = 0;
};

struct Observation {
  int trial = 0;
  study::CurvePoint point;
};

// Rows of one transaction.
struct Batch {
  std::vector<study::Trial> added = {};
  std::vector<Observation> observations;
  std::vector<study::Trial> ended;  // their snapshots go
  struct Snapshot {
    int trial;
    uint64_t step;
    std::vector<uint8_t> bytes;
  };
  std::vector<Snapshot> snapshots;
  Cost cost;  // of this call so far
  bool empty() const {
    return added.empty() && observations.empty() && ended.empty() && snapshots.empty();
  }
};

// All errors are Error: study for a file that is foreign, newer or damaged; system where the disk
// is full or the folder read-only.
class StudyStore {
 public:
  virtual ~StudyStore() = default;

  // None while the study is new.
  virtual std::optional<StudyRecord> record() = 0;
  virtual void write_record(const StudyRecord& record, const std::vector<std::string>& metrics) = 0;

  // The part that this object works on.
  virtual std::string part() const = 0;
  // The parts that have a record, in the order in which they got it.
  virtual std::vector<std::string> parts() = 0;

  virtual std::vector<study::Trial> trials() = 0;
  virtual void add_trials(const std::vector<study::Trial>& trials) = 0;
  // Makes trials wait again, from step 0, without observations.
  virtual void reset_trials(const std::vector<int>& numbers) = 0;

  // Writes all rows or none.
  virtual void write(const Batch& batch) = 0;
  virtual study::Curve curve(int trial) = 0;
  virtual Cost cost() = 0;

  virtual std::optional<std::vector<uint8_t>> snapshot(int trial) = 0;
  // The snapshot to go on from; observations after it are dropped, all where there is none.
  virtual std::optional<std::vector<uint8_t>> rewind(int trial) = 0;
};

}  // namespace sweetspot::store
