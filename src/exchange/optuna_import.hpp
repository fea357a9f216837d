// A study of Optuna's as one of sweetspot's: to show, draw and export.
// Thread-safety: free function.
#pragma once

#include "exchange/optuna_study.hpp"
#include "store/study_store.hpp"

namespace sweetspot::exchange {

// The metrics of an imported study: what a trial came to, and what it reported on its way.
inline constexpr const char* kValue = "value";
inline constexpr const char* kIntermediate = "intermediate_value";

// Writes it into a store that holds no study yet. Trials that wait or run are left out. Returns how
// many trials were taken. Throws Error (study) where there is a study already.
size_t import_study(const OptunaStudy& optuna, store::StudyStore& store);

}  // namespace sweetspot::exchange
