// The tables of Optuna's SQLite studies (schema 12: Optuna 3 and 4), and how they spell states and
// times. Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exchange/optuna_study.hpp"

namespace sweetspot::exchange {

// Creates the tables. `alembic_version` and `version_info` stay empty: the Optuna that opens the
// file stamps its own, where 4.x would refuse the stamp of 3.1. The index that 3.2 added is left
// out, since its upgrade of a file with the stamp of 3.1 creates it.
extern const char* const kOptunaTables;

// Whether this program knows the tables of that stamp in `alembic_version`.
bool is_known_revision(std::string_view revision);
// Of a schema before those that are known.
bool is_old_revision(std::string_view revision);

std::string_view name_of(OptunaState state);
// None for a name that is none.
std::optional<OptunaState> state_of(std::string_view name);

// "2023-02-25 13:21:00.730272", in local time as Optuna has it.
std::string time_text(int64_t microseconds);
// None for a text that is no time.
std::optional<int64_t> time_of(const std::string& text);

}  // namespace sweetspot::exchange
