/// \file
/// How a trial ended. Thread-safety: pure functions.
#pragma once

#include <string_view>

#include "sweetspot/export.hpp"

namespace sweetspot::study {

enum class Outcome {
  reached,    ///< the target, at its last step
  exhausted,  ///< the budget
  diverged,   ///< the loss is not finite
  hopeless,   ///< stopped by a stated rule that predicts it cannot reach the target
  pruned,     ///< by the search
  failed,     ///< an error, kept with it
  cancelled,
};

SWEETSPOT_API std::string_view name_of(Outcome outcome);
/// Throws Error (study) for a name that is none.
SWEETSPOT_API Outcome outcome_of(std::string_view name);

}  // namespace sweetspot::study
