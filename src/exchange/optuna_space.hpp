// The space that an Optuna study was searched in. Optuna keeps a distribution with each value, and
// no condition: a parameter's place in the space follows from the trials that have it.
// Thread-safety: one thread at a time an object.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "exchange/optuna_distribution.hpp"
#include "exchange/optuna_study.hpp"

namespace sweetspot::exchange {

class SpaceReader {
 public:
  // A value of a trial, with the distribution that it was drawn from. Throws Error (study) for
  // distributions of one parameter that are no ranges of one kind, for one that is unknown, and for
  // a choice that there is not.
  void take(OptunaTrial& trial, const std::string& parameter, const std::string& distribution,
            double number);

  // A value, as JSON, that a waiting trial shall have. One that is not of the parameter's is passed
  // over.
  void take_wish(OptunaTrial& trial, const std::string& parameter, const std::string& json);

  // Fills in the study's space, and leaves out trials that have not all of their parameters.
  // Appends to `notes` what is not as in Optuna. Throws Error (study) where no choice explains in
  // which trials a parameter takes part.
  void finish(OptunaStudy& study, std::vector<std::string>& notes);

 private:
  void settle_single_values(OptunaStudy& study);
  space::Space checked_space() const;

  std::vector<space::Parameter> parameters_;         // in the order in which they came
  std::map<std::string, double> steps_;              // of those that go in steps
  std::map<std::string, OptunaDistribution> known_;  // by their JSON: few, and a row for each value
};

}  // namespace sweetspot::exchange
