// How the lanes of a forward pass are shared out among a block's trials. No arithmetic crosses
// lanes, so a lane may hold any trial's image: when few trials are busy each takes several lanes,
// one image in each, and one pass does the work of several. A trial's values stay the same to the
// bit.
#if defined(SWEETSPOT_TRAIN_KERNELS_SHARED_LANE_SHARING_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_SHARED_LANE_SHARING_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_SHARED_LANE_SHARING_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_SHARED_LANE_SHARING_INL_HPP
#endif

#include <algorithm>
#include <array>

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

using LaneBits = std::array<bool, kLanes>;

struct LaneSharing {
  size_t trials = kLanes;               // that are busy
  size_t images = 1;                    // of each trial in one pass: a power of two
  std::array<size_t, kLanes> trial_of;  // the trial, by its own lane, whose image a lane holds

  // Every trial its own lane.
  LaneSharing() {
    for (size_t lane = 0; lane < kLanes; ++lane) trial_of[lane] = lane;
  }

  explicit LaneSharing(const LaneBits& busy) : LaneSharing() {
    trials = static_cast<size_t>(std::count(busy.begin(), busy.end(), true));
    while (images < kLanes && 2 * images * std::max<size_t>(trials, 1) <= kLanes) images *= 2;
    if (images == 1) return;
    // Busy trials first; idle ones fill up what is left, and nobody reads them.
    std::stable_partition(trial_of.begin(), trial_of.end(),
                          [&](size_t trial) { return busy[trial]; });
    const std::array<size_t, kLanes> in_order = trial_of;
    for (size_t lane = 0; lane < kLanes; ++lane) trial_of[lane] = in_order[lane / images];
  }

  bool is_shared() const { return images > 1; }
};

// The images that one pass takes from each trial's batch.
struct PassImages {
  size_t first;  // in the batch
  size_t at;     // the place of the first among those whose traces are kept for the backward pass
  size_t count;  // at most sharing.images

  // Which of them a lane holds: the last one again where there are too few.
  size_t of(const LaneSharing& sharing, size_t lane) const {
    return std::min(lane % sharing.images, count - 1);
  }
};

// [place][lane] from each trial's own lane to all lanes that hold its images.
HWY_INLINE void share_out(const LaneSharing& sharing, const float* from, size_t places, float* to) {
  HWY_ALIGN int32_t trials[kLanes];
  std::copy(sharing.trial_of.begin(), sharing.trial_of.end(), trials);
  const auto indices = hn::IndicesFromVec(kLaneTag, hn::Load(kLaneIntTag, trials));
  for (size_t i = 0; i < places * kLanes; i += kLanes) {
    store(hn::TableLookupLanes(load(from + i), indices), to + i);
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
