#include "run/held_failures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"

namespace sweetspot::run {
namespace {

constexpr size_t kSuspicious = 3;
// Of the others' trials a machine's fault is told from a config's by fewer than one in so many.
constexpr int kFewestTrialsAFailure = 4;

}  // namespace

void HeldFailures::sort(store::Batch& batch) {
  for (study::Trial& trial : std::exchange(batch.ended, {})) {
    if (trial.outcome == study::Outcome::failed) {
      held_.push_back(std::move(trial));
    } else {
      release(batch);
      batch.ended.push_back(std::move(trial));
    }
  }
}

void HeldFailures::release(store::Batch& batch) {
  std::move(held_.begin(), held_.end(), std::back_inserter(batch.ended));
  held_.clear();
}

void HeldFailures::drop(const std::vector<int>& trials) {
  std::erase_if(held_, [&](const study::Trial& trial) {
    return std::find(trials.begin(), trials.end(), trial.number) != trials.end();
  });
}

bool HeldFailures::are_suspicious() const {
  return held_.size() >= kSuspicious;
}

bool HeldFailures::judge(store::Batch& batch, store::StudyStore& store, const std::string& here,
                         bool is_idle) {
  sort(batch);
  if (is_machine_at_fault()) return true;
  if (are_suspicious()) {
    try {
      if (!do_others_work(store.workers(), here)) {
        release(batch);
        return false;
      }
    } catch (const store::StoreUnreachable&) {
      return false;
    }
    fault_ = fmt::format(
        "worker {}: its last {} trials failed, as those of others do not; they went back: {}", here,
        held_.size(), split(held_.back().note, '\n').front());
    return true;
  }
  if (is_idle) release(batch);
  return false;
}

std::vector<int> HeldFailures::trials() const {
  std::vector<int> numbers;
  for (const study::Trial& trial : held_) numbers.push_back(trial.number);
  return numbers;
}

bool do_others_work(const std::vector<store::WorkerStanding>& workers, const std::string& here) {
  int ended = 0;
  int failed = 0;
  for (const store::WorkerStanding& worker : workers) {
    if (worker.name == here) continue;
    ended += worker.ended;
    failed += worker.failed;
  }
  return kFewestTrialsAFailure * failed < ended;
}

}  // namespace sweetspot::run
