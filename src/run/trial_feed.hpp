// Between a search's director and what trains its trials: the stretches of training that are asked
// for, and how they ended. A trial's state is bytes that the trainer alone can read.
// Thread-safety: the implementations say.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "search/rounds.hpp"
#include "study/trial.hpp"

namespace sweetspot::run {

// A stretch of training that a search asks for.
struct FedSegment {
  study::Trial trial;
  uint64_t until = 0;    // the step at which it pauses, unless it ends before
  bool is_new = false;   // the store does not know the trial yet
  bool is_last = false;  // ends at `until`, as exhausted
  bool stops = false;    // instead of training on, a paused trial ends as pruned
};

// Where trials come from as others end: a search.
class TrialFeed {
 public:
  virtual ~TrialFeed() = default;
  // How a trial's segment ended; gives what is to train next.
  virtual std::vector<FedSegment> after(const study::Trial& trial,
                                        const search::SegmentEnd& end) = 0;
};

using StateBytes = std::vector<uint8_t>;

// What trains them.
class SegmentHost {
 public:
  virtual ~SegmentHost() = default;
  // A segment to train, from a state that was kept (of a new trial: a copy of another's), with the
  // curve that the trial has up to there.
  virtual void add_segment(const FedSegment& segment, const std::optional<StateBytes>& state,
                           const study::Curve& curve) = 0;
  // A trial that is paused, for when its search goes on with it.
  virtual void add_paused(const study::Trial& trial, const StateBytes& state,
                          const study::Curve& curve) = 0;
  // One that is paused ends as pruned.
  virtual void stop_paused(study::Trial trial, const StateBytes& state) = 0;
  // Whether a trial, as it is kept, has come to the end of a segment: with its last observation of
  // `step`, and the state that is kept of it.
  virtual bool has_stood_at(uint64_t until, const study::Trial& kept, uint64_t step,
                            const std::optional<StateBytes>& state) const = 0;
  // The metric that trials are judged by, the larger the better; none where the point has it not.
  virtual std::optional<double> judged_metric(const study::CurvePoint& point) const = 0;
};

}  // namespace sweetspot::run
