// A trial, and what is observed of it. Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sweetspot/config.hpp"
#include "sweetspot/outcome.hpp"

namespace sweetspot::study {

// Where a trial begins that goes on from a copy of another one's state.
struct Origin {
  size_t trial = 0;  // its number
  uint64_t step = 0;
  bool operator==(const Origin&) const = default;
};

// In the config of a trial that was trained on a proxy: the proxy's name.
inline constexpr const char* kProxy = "proxy";

struct Trial {
  int number = 0;  // from 0, in the order in which the study got it
  space::Config config;
  uint64_t seed = 0;
  std::optional<Outcome> outcome;  // none while it waits or trains
  uint64_t steps = 0;              // with those before its origin
  double compute_seconds = 0;
  // The step at which the early-stopping rule gave it up: where an audit trains on all the same.
  std::optional<uint64_t> given_up_at;
  std::string note;          // why it ended so, where the outcome does not say it all
  bool reproducible = true;  // false where a clock ended it
  std::optional<Origin> origin = {};
  int priority = 0;  // of those that wait the lowest trains first, where several train a study
  std::string worker = {};  // that ended it, of a study that several train; else empty

  // Steps that it was trained itself; a copy that waits has none yet.
  uint64_t own_steps() const {
    const uint64_t before = origin.has_value() ? origin->step : 0;
    return steps > before ? steps - before : 0;
  }
  // To its own end, be that before the budget's: no clock ended it, and nobody else did.
  bool ended_itself() const { return outcome == Outcome::exhausted && reproducible; }
};

// The metrics of one trial at one check; a metric that is not finite is none.
struct CurvePoint {
  uint64_t step = 0;
  std::vector<std::optional<double>> values;  // in the order of Curve::metrics
};

struct Curve {
  std::vector<std::string> metrics;
  std::vector<CurvePoint> points;  // ascending steps
};

}  // namespace sweetspot::study
