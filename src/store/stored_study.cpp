#include "store/stored_study.hpp"

#include <fmt/format.h>

#include <algorithm>
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

const study::Trial& trial_of_number(const std::vector<study::Trial>& trials, int number) {
  const auto found =
      std::lower_bound(trials.begin(), trials.end(), number,
                       [](const study::Trial& trial, int wanted) { return trial.number < wanted; });
  if (found != trials.end() && found->number == number) return *found;
  const int last = trials.empty() ? -1 : trials.back().number;
  if (number >= 0 && number <= last) {
    throw Error(ErrorKind::study, fmt::format("trial {} is damaged", number));
  }
  throw Error(ErrorKind::usage, fmt::format("trial {}: the study has {} trials, numbered from 0",
                                            number, trials.size()));
}

}  // namespace sweetspot::store
