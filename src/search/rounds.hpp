// Rounds of a fixed size: a proposal of round r sees exactly what ended in rounds up to r - 2, so
// that one round trains while the next is prepared, and many workers give the same study as one.
// Rounds of one trial, and those of a search that compares whole rounds, see all before them.
// Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "search/search.hpp"
#include "study/search_settings.hpp"

namespace sweetspot::search {

struct RoundOptions {
  size_t size = 16;
  study::SearchCost cost;
  uint64_t seed = 1;
  uint64_t budget = 8000;
  uint64_t check_every = 50;
  study::PopulationSettings population = {};
  bool own_budget = false;  // trainings end by themselves: nothing is judged on their way
};

// A stretch of a trial's training that a round asks for.
struct Segment {
  size_t trial = 0;
  space::Config config;
  uint64_t from = 0;                         // steps trained before
  uint64_t until = 0;                        // pauses here, unless it ends before
  bool is_new = true;                        // the trial's first
  bool is_last = false;                      // ends at `until`, as exhausted
  std::optional<study::Origin> origin = {};  // of the trial
};

struct Round {
  std::vector<Segment> segments;
  std::vector<size_t> stopped;  // paused trials that end as pruned
};

// How a segment ended.
struct SegmentEnd {
  uint64_t steps = 0;                     // trained in all
  std::vector<CurveCheck> curve;          // of the segment
  std::optional<study::Outcome> outcome;  // none: paused
  std::optional<double> value;  // of the objective, where it worked: the smaller the better
  bool ended_itself = false;    // where it would have ended, however far it might have gone
};

class Rounds {
 public:
  // Both must outlive the object.
  Rounds(const Search& search, const space::Space& space, const RoundOptions& options);

  // Whether what the next round may see is all there.
  bool can_ask() const;
  // The next round; without segments where the search only waits. Call when can_ask().
  Round ask();
  // The search has come to its end, or its cost is spent; segments under way still count.
  bool is_over() const { return over_; }

  // Of a segment that was asked for.
  void end(size_t trial, SegmentEnd end);

  size_t trials() const { return trials_.size(); }
  uint64_t spent() const;
  // Everything, whatever the round.
  const std::vector<SeenTrial>& all() const { return trials_; }

 private:
  struct Asked {
    size_t trial;
    uint64_t from;
    uint64_t until;
    std::optional<SegmentEnd> end;
  };
  struct AskedRound {
    std::vector<Asked> segments;
    size_t open = 0;
  };

  size_t size() const;
  // Rounds before the next one that it may not see.
  size_t hidden() const;
  // Takes what ended in rounds that the next one may see.
  void see();
  // Steps taken, what is under way estimated.
  uint64_t spent_or_under_way() const;
  // Segments that the rest of the cost is likely to pay for.
  size_t affordable(uint64_t spent) const;
  // None where the cost pays for no further trial.
  std::optional<Segment> segment_of(Proposal proposal);

  const Search& search_;
  const space::Space& space_;
  RoundOptions options_;
  std::vector<AskedRound> rounds_;
  std::vector<SeenTrial> trials_;
  std::vector<SeenTrial> seen_;  // the same, as far as the next round may see
  size_t seen_rounds_ = 0;
  uint64_t seen_spent_ = 0;  // steps of these
  uint64_t seen_asked_ = 0;  // and how many they could have taken
  size_t segments_ = 0;
  size_t open_ = 0;
  size_t started_ = 0;  // trials that are no copies
  bool over_ = false;
};

}  // namespace sweetspot::search
