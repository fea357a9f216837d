#include "store/stored_study.hpp"

#include <utility>

#include "study/trial_check.hpp"

namespace sweetspot::store {

StoredStudy stored_study(StudyStore& store) {
  std::optional<StudyRecord> record = store.record();
  if (!record.has_value()) throw Error(ErrorKind::study, "the file holds no study yet");
  std::vector<study::Trial> trials = stored_trials(store, record->settings);
  return {std::move(*record), std::move(trials)};
}

std::vector<study::Trial> stored_trials(StudyStore& store, const study::Settings& settings) {
  std::vector<study::Trial> trials = store.trials();
  study::require_trials_of(settings, trials);
  return trials;
}

}  // namespace sweetspot::store
