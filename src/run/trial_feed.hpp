// Between a search's director and what trains its trials: the stretches of training that are asked
// for, and how they ended. A trial's state is bytes that the trainer alone can read.
// Thread-safety: the implementations say.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "search/rounds.hpp"
#include "store/study_store.hpp"
#include "study/fed_segment.hpp"
#include "study/trial.hpp"

namespace sweetspot::run {

using study::FedSegment;

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
  // Whether a trial, as it is kept, has come to the end of a segment; its last observation is of
  // `step`.
  virtual bool has_stood_at(uint64_t until, const study::Trial& kept, uint64_t step,
                            store::StudyStore& store) const = 0;
  // The metric that trials are judged by, the larger the better; none where the curve's point has
  // it not.
  virtual std::optional<double> judged_metric(const study::Curve& curve,
                                              const study::CurvePoint& point) const = 0;
};

}  // namespace sweetspot::run
