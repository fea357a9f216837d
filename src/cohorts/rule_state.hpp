// Whether the rule that gives up hopeless trials is on for a study. Thread-safety: pure function.
#pragma once

#include <string>

#include "study/settings.hpp"
#include "sweetspot/image_set.hpp"

namespace sweetspot::cohorts {

// What the early-stopping rule is for these settings: whether it is on, and why.
struct RuleState {
  bool on = true;
  std::string words;
  bool asked_for = false;  // and so on for optimizers, too, that it was not audited with
};
RuleState rule_state(const study::Settings& settings, const data::ImageSet& set);

}  // namespace sweetspot::cohorts
