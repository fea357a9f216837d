#include "exchange/optuna_study.hpp"

namespace sweetspot::exchange {

std::optional<study::Outcome> outcome_of(const OptunaTrial& trial) {
  switch (trial.state) {
    case OptunaState::complete:
      return trial.value.has_value() ? study::Outcome::exhausted : study::Outcome::diverged;
    case OptunaState::pruned:
      return study::Outcome::pruned;
    case OptunaState::fail:
      return study::Outcome::failed;
    default:
      return std::nullopt;
  }
}

}  // namespace sweetspot::exchange
