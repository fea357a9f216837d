// What keeps a study, or one part of it: an article's study has a sweep, sizes and traces. One
// interface for all stores, which open_store.hpp opens.
//
// A study is trained by one process, which has the whole of it, or by several workers. These take
// trials on lease: a worker that joins gets a number which it alone ever has, a trial that it
// claims carries that number, and a write about a trial that carries another one is refused. The
// lease ends by the database's clock, unless beat() is called in time; then the trials wait again,
// and the worker's number is void. (Leases with fencing: Gray and Cheriton, SOSP 1989; Kleppmann,
// Designing Data-Intensive Applications, chapter 8.)
//
// Thread-safety: one thread at a time an object; other processes may use the same study.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "study/fed_segment.hpp"
#include "study/settings.hpp"
#include "study/trial.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {

// The server is gone, for now: the same call may work later.
class StoreUnreachable : public Error {
 public:
  explicit StoreUnreachable(const std::string& message) : Error(ErrorKind::system, message) {}
};

// There is no such study, yet.
class NoSuchStudy : public Error {
 public:
  explicit NoSuchStudy(const std::string& message) : Error(ErrorKind::study, message) {}
};

enum class Access {
  read,
  train,  // alone: of a file; a server's studies are always shared
  share,  // with other workers
};

// What is done about a trial that is not what was written.
enum class Damaged {
  refused,  // Error (study) names it
  skipped,  // it is left out, and StudyStore::damaged() names it
};

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
  // Of the study, whatever the part: tells it from all others, of the same name too. None: it is
  // drawn when the study's first record is written.
  std::string identity = {};
  study::Settings settings;
  std::string program_version;
  std::string arithmetic = {};        // what numbers come out where it was made; none: any
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
  std::vector<Observation> observations = {};
  std::vector<study::Trial> ended = {};  // their snapshots go
  struct Snapshot {
    int trial;
    uint64_t step;
    std::vector<uint8_t> bytes;
  };
  std::vector<Snapshot> snapshots = {};
  // Trials that stand where their segment ends, with a snapshot: a worker gives them back.
  struct Pause {
    int trial;
    uint64_t step;
    double compute_seconds;
  };
  std::vector<Pause> paused = {};
  Cost cost = {};  // of this call so far
  bool empty() const {
    return added.empty() && observations.empty() && ended.empty() && snapshots.empty() &&
           paused.empty();
  }
};

struct WorkerInfo {
  std::string name;  // for people: its host and process, or what its scheduler calls it
  double lease_seconds = 20;
};

// A trial that a worker may train.
struct Claim {
  study::FedSegment segment;  // `until` 0: to the budget
  std::optional<std::vector<uint8_t>> snapshot;
  study::Curve curve;  // up to the snapshot
};

// How a study stands.
struct Standing {
  int trials = 0;
  int ended = 0;
  int reached = 0;
  int waiting = 0;           // for a worker
  int training = 0;          // with one
  uint64_t trial_steps = 0;  // of trials that ended
  int workers = 0;           // that have not left
  bool is_cancelled = false;
};

struct WorkerStanding {
  std::string name;
  double seen_seconds_ago = 0;
  bool is_alive = false;  // its lease holds
  int training = 0;
  int ended = 0;  // trials
  int failed = 0;
};

// All errors are Error: study for a file that is foreign, newer or damaged; system where the disk
// is full or the folder read-only; StoreUnreachable.
class StudyStore {
 public:
  virtual ~StudyStore() = default;

  // `say` is called with a line, from whichever call it is, where that waits long for another
  // process: one that has written into the file for many seconds.
  virtual void on_wait(std::function<void(const std::string&)> say) = 0;

  // None while the study is new.
  virtual std::optional<StudyRecord> record() = 0;
  virtual void write_record(const StudyRecord& record, const std::vector<std::string>& metrics) = 0;

  // Of the study, 32 hexadecimal digits; empty where it has no record, or is of an older layout and
  // only read.
  virtual std::string identity() = 0;

  // Adds the metrics that are not known yet; gives all, in the order of observations' values.
  virtual std::vector<std::string> register_metrics(const std::vector<std::string>& metrics) = 0;

  // The part that this object works on.
  virtual std::string part() const = 0;
  // The parts that have a record, in the order in which they got it.
  virtual std::vector<std::string> parts() = 0;

  // By number, all from 0 on: throws Error (study) where one is missing, or descends from none that
  // came before it.
  virtual std::vector<study::Trial> trials() = 0;
  // Those that there are: what a worker could not bring to its store is a part of a study.
  virtual std::vector<study::Trial> trials_here() = 0;
  virtual void add_trials(const std::vector<study::Trial>& trials) = 0;
  // Makes trials wait again, from step 0, without observations.
  virtual void reset_trials(const std::vector<int>& numbers) = 0;

  // Writes all rows or none. Of a worker: all about trials that it has on lease; gives those that
  // it has not, or no more, about which nothing was written.
  virtual std::vector<int> write(const Batch& batch) = 0;
  virtual study::Curve curve(int trial) = 0;
  // Of those trials; without those that are damaged where such are skipped.
  virtual std::map<int, study::Curve> curves(const std::vector<int>& trials) = 0;
  virtual Cost cost() = 0;

  virtual std::optional<std::vector<uint8_t>> snapshot(int trial) = 0;
  // The snapshot to go on from; observations after it are dropped, all where there is none.
  virtual std::optional<std::vector<uint8_t>> rewind(int trial) = 0;

  // The trials that were left out so far, for they are damaged and such are skipped.
  virtual std::vector<int> damaged() const = 0;
  // Reads all that there is of this part, and says in a line each what is not as it was written.
  virtual std::vector<std::string> verify() = 0;

  // Runs a piece of work all or nothing, while no other process does the same.
  virtual void atomically(const std::function<void()>& work) = 0;

  // For studies that several workers train; all but the last five need join().

  // Takes a number: the worker's leases from before, if any, are void.
  virtual void join(const WorkerInfo& worker) = 0;
  // Gives all back.
  virtual void leave() = 0;
  // Up to so many trials that wait, all of one scale: of this one, or of the largest that waits.
  virtual std::vector<Claim> claim(size_t most, std::optional<double> scale) = 0;
  // Of these the ones that wait; gives which.
  virtual std::vector<int> take(const std::vector<int>& numbers) = 0;
  // Holds the leases, and ends those of workers that did not. The trials that this one has; none
  // where it is too late: join() again.
  virtual std::optional<std::vector<int>> beat() = 0;
  virtual void give_back(const std::vector<int>& trials) = 0;
  // From now on nobody fences this object's writes: of a study's end, when nothing trains any more.
  // False where another worker ends it.
  virtual bool begin_end() = 0;
  // What a search asks for next; what is known already is left as it is.
  virtual void publish(const std::vector<study::FedSegment>& segments) = 0;
  virtual std::vector<study::Trial> trials_among(const std::vector<int>& numbers) = 0;
  // Of these the ones that neither wait nor train: they ended, or paused.
  virtual std::vector<study::Trial> stopped_among(const std::vector<int>& numbers) = 0;

  // Every trial that has not ended ends as cancelled, and no further one is published, until trials
  // are added or reset.
  virtual void cancel() = 0;
  virtual bool is_cancelled() = 0;
  virtual bool has_open_trials() = 0;
  // Counts all trials: for people, and not for every worker all the time.
  virtual Standing standing() = 0;
  virtual std::vector<WorkerStanding> workers() = 0;
};

}  // namespace sweetspot::store
