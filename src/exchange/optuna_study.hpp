// A study as Optuna has it: what is written for Optuna, and what is read of it, goes through this.
// Thread-safety: plain values and pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sweetspot/outcome.hpp"
#include "sweetspot/space.hpp"

namespace sweetspot::exchange {

enum class OptunaState { running, waiting, complete, pruned, fail };

struct OptunaTrial {
  int number = 0;
  OptunaState state = OptunaState::waiting;
  space::Config config;
  std::optional<double> value = std::nullopt;  // of a complete one; none where it is not finite
  std::map<int64_t, std::optional<double>> intermediate = {};  // by step; none: not finite
  std::map<std::string, std::string> attributes = {};          // the user's, as JSON
  std::optional<int64_t> started = std::nullopt;  // microseconds since 1970, on the clock
  std::optional<int64_t> ended = std::nullopt;
  bool operator==(const OptunaTrial&) const = default;
};

struct OptunaStudy {
  std::string name;
  bool maximize = false;
  std::vector<space::Parameter> space;
  std::vector<OptunaTrial> trials = {};
  std::map<std::string, std::string> attributes = {};  // the user's, as JSON
  bool operator==(const OptunaStudy&) const = default;
};

// What Optuna's states are here: a complete trial trained to its end, or diverged where its value
// is not finite. None while it waits or runs.
std::optional<study::Outcome> outcome_of(const OptunaTrial& trial);

}  // namespace sweetspot::exchange
