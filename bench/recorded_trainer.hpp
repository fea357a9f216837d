// A trainer that trains nothing: it plays the curves of a recorded sweep, each config by the
// nearest rate of the grid. With the early-stopping rule on, as in a search.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/replay.hpp"
#include "search/rounds.hpp"
#include "sweetspot/space.hpp"

namespace sweetspot::bench {

class RecordedTrainer {
 public:
  struct Run {
    const RecordedTrial* recorded;
    uint64_t last;  // the step at which it ends, by the rule or by itself
    study::Outcome outcome() const;
  };

  // `study` must outlive the object.
  explicit RecordedTrainer(const RecordedStudy& study);

  // The sweep's optimizers, and its rates' range.
  space::Space space() const;

  search::SegmentEnd train(const search::Segment& segment) const;

  // Of the nearest rate.
  const Run& run_of(const space::Config& config) const;
  // Those that it plays.
  std::vector<const RecordedTrial*> trials() const;
  const study::Settings& settings() const { return study_.settings; }

  // Steps of the grid's best, and of a config's full training; none where it does not get there.
  uint64_t best_steps() const;
  std::optional<uint64_t> steps_of(const space::Config& config) const;
  // All the steps of the sweep without the rule.
  uint64_t grid_steps() const;

 private:
  const RecordedStudy& study_;
  std::map<std::string, std::map<double, Run>> runs_;  // by optimizer, by log of the rate
};

// A whole search over such a trainer.
struct SearchRun {
  std::vector<search::SeenTrial> trials;
  uint64_t steps = 0;
};
using Train = std::function<search::SegmentEnd(const search::Segment&)>;
SearchRun run_search(const std::string& method, const space::Space& space, const Train& train,
                     const search::RoundOptions& options);

}  // namespace sweetspot::bench
