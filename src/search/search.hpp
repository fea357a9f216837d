// The one interface of all searches. A search is asked for trials in rounds (rounds.hpp); what it
// proposes is a function of what it may see, and of nothing else: so a study gives the same trials
// with one worker or many, and after a kill.
// Thread-safety: searches are immutable after construction.
#pragma once

#include <cmath>
#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "search/hopeless.hpp"
#include "study/search_settings.hpp"
#include "study/trial.hpp"
#include "sweetspot/outcome.hpp"
#include "sweetspot/space.hpp"

namespace sweetspot::search {

// What a search may see of one trial.
struct SeenTrial {
  space::Config config;
  uint64_t steps = 0;                          // trained so far, with those before its origin
  std::vector<CurveCheck> curve = {};          // the objective's metric, ascending steps
  std::optional<study::Outcome> outcome = {};  // none while it is paused at `steps`, or under way
  std::optional<double> value = {};  // of the objective, once it worked: the smaller the better
  bool under_way = false;            // goes on beyond what may be seen
  bool ended_itself = false;         // and would have there, however far it might have gone
  std::optional<study::Origin> origin = {};

  uint64_t own_steps() const {
    const uint64_t before = origin.has_value() ? origin->step : 0;
    return steps > before ? steps - before : 0;
  }
};

// Whether it stands where it paused, for good or not: what it would have come to is not known.
bool was_left(const SeenTrial& trial);

// The metric at a step that the trial has come to: of its last check up to there.
std::optional<double> metric_at(const SeenTrial& trial, uint64_t step);
// None where it was never checked.
std::optional<double> best_metric(const SeenTrial& trial);

// The order of ended trials, better ones first: those that worked by their value, then the rest by
// how near their best metric came.
bool is_better(const SeenTrial& a, const SeenTrial& b);

// How good a trial is known to be, the larger the better.
struct Worth {
  enum class Tier { ended_badly, trains, reached };
  Tier tier = Tier::ended_badly;
  double value = -INFINITY;  // its metric; of those that reached the target minus their steps
  auto operator<=>(const Worth&) const = default;
};

// After so many steps. None where it has not come there.
std::optional<Worth> worth_at(const SeenTrial& trial, uint64_t steps);

// What a trial is worth to an objective, the smaller the better: its steps to the target, or minus
// its metric's best. None where it did not get there, or was not trained to the end.
std::optional<double> objective_value(const study::Objective& objective, const SeenTrial& trial);

struct History {
  const space::Space& space;
  const std::vector<SeenTrial>& trials;  // by number
  uint64_t seed = 1;                     // of the search's own randomness
  uint64_t budget = 8000;                // steps of a full training
  uint64_t check_every = 50;             // steps
  uint64_t cost = 0;                     // steps, that the whole search may take
  uint64_t spent = 0;                    // of these, with what is under way estimated
};

// What a search wants of one trial.
struct Proposal {
  enum class Kind {
    start,  // a new one, from step 0
    go_on,  // one that is paused, from where it stands
    copy,   // a new one, from a copy of the state of one that is paused
    stop,   // one that is paused ends as pruned
  };
  Kind kind = Kind::start;
  size_t trial = 0;      // that goes on, is copied or stops
  space::Config config;  // of a new one
  uint64_t until = 0;    // the step at which it pauses, unless it ends before
  bool is_last = false;  // ends there, as exhausted, instead of pausing

  static Proposal new_trial(space::Config config, uint64_t until) {
    return {.kind = Kind::start, .config = std::move(config), .until = until};
  }
  static Proposal go_on(size_t trial, uint64_t until) {
    return {.kind = Kind::go_on, .trial = trial, .config = {}, .until = until};
  }
  static Proposal copy(size_t trial, space::Config config, uint64_t until) {
    return {.kind = Kind::copy, .trial = trial, .config = std::move(config), .until = until};
  }
  static Proposal stop(size_t trial) { return {.kind = Kind::stop, .trial = trial, .config = {}}; }
};

class Search {
 public:
  virtual ~Search() = default;
  // At most `most` trials for the next round. None while the search waits for trials under way;
  // where none is under way, it has come to its end.
  virtual std::vector<Proposal> ask(const History& history, size_t most) const = 0;
  // Trials of a round where it is not the study's number: 0.
  virtual size_t own_round_size() const { return 0; }
  // Whether a round must see all rounds before it, and not up to the last but one alone.
  virtual bool sees_last_round() const { return false; }
};

}  // namespace sweetspot::search
