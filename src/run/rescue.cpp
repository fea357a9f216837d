// What a store that stays out of reach did not get, in a study file of its own, and back.
#include <set>
#include <utility>

#include "run/shared_study.hpp"
#include "store/open_store.hpp"

namespace sweetspot::run {
namespace {

std::set<int> trials_of(const store::Batch& batch) {
  std::set<int> numbers;
  for (const store::Observation& observation : batch.observations) {
    numbers.insert(observation.trial);
  }
  for (const auto& snapshot : batch.snapshots) numbers.insert(snapshot.trial);
  for (const study::Trial& trial : batch.ended) numbers.insert(trial.number);
  return numbers;
}

}  // namespace

int SharedStudy::rescue(const store::StudyRecord& record, const std::vector<std::string>& metrics,
                        const std::filesystem::path& file) {
  const std::set<int> numbers = trials_of(unwritten_);
  if (numbers.empty()) return 0;
  const auto rescue = store::open_sqlite(file, store::Access::train, store_.part());
  rescue->write_record(record, metrics);
  for (const int number : numbers) {
    if (claimed_.contains(number)) unwritten_.added.push_back(claimed_.at(number));
  }
  rescue->write(unwritten_);
  return static_cast<int>(numbers.size());
}

int bring_back(const std::filesystem::path& file, store::StudyStore& store,
               const store::WorkerInfo& worker) {
  const auto rescue = store::open_sqlite(file, store::Access::read, store.part());
  const std::optional<store::StudyRecord> record = rescue->record();
  if (!record.has_value()) {
    throw Error(ErrorKind::study, file.string() + ": has nothing of a part " + store.part());
  }
  const std::string other = study::difference(record->settings, store.record()->settings);
  if (!other.empty()) {
    throw Error(ErrorKind::study, file.string() + ": was rescued of another study: " + other);
  }
  store::Batch batch;
  std::vector<int> numbers;
  const std::vector<study::Trial> rescued = rescue->trials_here();
  for (const study::Trial& trial : rescued) numbers.push_back(trial.number);
  store.join(worker);
  // Ends the leases of those that fell silent: the one that wrote the file was the holder.
  store.beat();
  const std::vector<int> taken = store.take(numbers);
  for (const study::Trial& trial : rescued) {
    uint64_t last = trial.steps;
    for (study::CurvePoint& point : rescue->curve(trial.number).points) {
      last = point.step;
      batch.observations.push_back({trial.number, std::move(point)});
    }
    if (auto bytes = rescue->snapshot(trial.number); bytes.has_value()) {
      batch.snapshots.push_back({trial.number, last, std::move(*bytes)});
    }
    if (trial.outcome.has_value()) batch.ended.push_back(trial);
  }
  if (!batch.empty()) store.write(batch);
  store.leave();
  return static_cast<int>(taken.size());
}

}  // namespace sweetspot::run
