// Rounds of a fixed size: a proposal of round r sees exactly what ended in rounds up to r - 2, so
// that one round trains while the next is prepared, and many workers give the same study as one.
// Rounds of one trial see all before them.
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
};

// A stretch of a trial's training that a round asks for.
struct Segment {
  size_t trial = 0;
  space::Config config;
  uint64_t from = 0;   // steps trained before
  uint64_t until = 0;  // pauses here, unless it ends before
};

// How a segment ended.
struct SegmentEnd {
  uint64_t steps = 0;                     // trained in all
  std::vector<CurveCheck> curve;          // of the segment
  std::optional<study::Outcome> outcome;  // none: paused
  std::optional<double> value;  // of the objective, where it worked: the smaller the better
};

class Rounds {
 public:
  // Both must outlive the object.
  Rounds(const Search& search, const space::Space& space, const RoundOptions& options);

  // Whether what the next round may see is all there.
  bool can_ask() const;
  // The next round; empty where the search only waits. Call when can_ask().
  std::vector<Segment> ask();
  // The search has come to its end, or its cost is spent; segments under way still count.
  bool is_over() const { return over_; }

  // Of a segment that was asked for.
  void end(size_t trial, SegmentEnd end);

  size_t trials() const { return trials_.size(); }
  size_t under_way() const { return open_; }
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

  // What ended in the first `rounds` rounds; of later ones the configs.
  History seen(size_t rounds) const;
  // Segments that the rest of the cost is likely to pay for.
  size_t affordable(const History& history) const;

  const Search& search_;
  const space::Space& space_;
  RoundOptions options_;
  std::vector<std::vector<Asked>> rounds_;
  std::vector<SeenTrial> trials_;
  size_t open_ = 0;
  bool over_ = false;
};

}  // namespace sweetspot::search
