// Optuna's SQLite file: studies written to it and read from it. Thread-safety: free functions.
#pragma once

#include <filesystem>
#include <string>

#include "exchange/optuna_study.hpp"

namespace sweetspot::exchange {

// Writes a file that is not there yet, whole or not at all. Throws Error: usage where it is there,
// system where it cannot be written.
void write_optuna(const OptunaStudy& study, const std::filesystem::path& file);

// What was read, and in words what of it is not as Optuna had it, a line each.
struct ReadOptuna {
  OptunaStudy study;
  std::vector<std::string> notes;
};

// The study of that name, or the only one where it is empty. Trials whose parameters are not all
// known, since they ended early or do not run yet, are left out. Throws Error: usage for a name
// that there is not, or none where there are several; study for a file that is no Optuna study, of
// another schema or damaged, and for what a study of sweetspot cannot hold (several objectives,
// parameters whose presence no choice explains).
ReadOptuna read_optuna(const std::filesystem::path& file, const std::string& name = "");

}  // namespace sweetspot::exchange
