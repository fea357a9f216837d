// Trials of a shared study that failed here one after the other, kept back from it until it is
// known whether this machine is at fault: then others are to have them. Thread-safety: one thread
// at a time.
#pragma once

#include <string>
#include <vector>

#include "store/study_store.hpp"

namespace sweetspot::run {

class HeldFailures {
 public:
  // Takes the failed trials of a batch; one that did not fail since then clears the machine, and
  // gives the batch those that were held. Where there are enough of them to ask whether others
  // fail, too, it asks; `is_idle`: there will be no more, and too few to tell count. Says whether
  // the worker `here` is at fault.
  bool judge(store::Batch& batch, store::StudyStore& store, const std::string& here, bool is_idle);

  // Takes the failed trials of a batch, or gives the batch those that were held.
  void sort(store::Batch& batch);
  void release(store::Batch& batch);
  void drop(const std::vector<int>& trials);

  // Enough of them to ask whether others fail, too.
  bool are_suspicious() const;
  std::vector<int> trials() const;
  bool is_machine_at_fault() const { return !fault_.empty(); }
  // What is wrong here, in a line.
  const std::string& words() const { return fault_; }

 private:
  std::vector<study::Trial> held_;
  std::string fault_;
};

// Whether trials of the other workers mostly do not fail.
bool do_others_work(const std::vector<store::WorkerStanding>& workers, const std::string& here);

}  // namespace sweetspot::run
