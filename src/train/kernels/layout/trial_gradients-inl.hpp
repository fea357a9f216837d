// The gradients of the last stage's outputs, from all lanes together to trial by trial.
#if defined(SWEETSPOT_TRAIN_KERNELS_LAYOUT_TRIAL_GRADIENTS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_LAYOUT_TRIAL_GRADIENTS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_LAYOUT_TRIAL_GRADIENTS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_LAYOUT_TRIAL_GRADIENTS_INL_HPP
#endif

#include <algorithm>

#include "base/aligned_buffer.hpp"
#include "train/kernels/shared/nonzero_gradients-inl.hpp"
#include "train/kernels/shared/transpose-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Maps are [lane][image][filter][place map]; what comes in is
// [block of filters][y][x][filter][lane].
class TrialGradients {
 public:
  TrialGradients() = default;
  TrialGradients(const ImageShape& out, size_t images_at_once)
      : out_(out),
        map_(place_map(out)),
        lane_maps_(images_at_once * image_maps()),
        gradients_(kLanes * lane_maps_) {}

  // Of one image of one lane: a map for each filter.
  const float* of(size_t lane, size_t image) const { return gradients_.data() + at(lane, image); }

  // Takes those of one image.
  void spread(const float* gradients, size_t image) {
    const auto width = static_cast<size_t>(out_.width);
    for (int block = 0; block < channel_blocks(out_.channels); ++block) {
      const auto filters = static_cast<size_t>(block_size(out_.channels, block));
      size_t to = static_cast<size_t>(block) * kChannelBlock * map_;
      for (int y = 0; y < out_.height; ++y) {
        for (size_t x = 0; x < width; x += kPlaces) {
          for (size_t filter = 0; filter < filters; ++filter) {
            spread_places(gradients + (x * filters + filter) * kLanes, filters * kLanes,
                          std::min(width - x, kPlaces), at(0, image) + to + filter * map_);
          }
          to += kPlaces;
        }
        gradients += width * filters * kLanes;
      }
    }
  }

  double bytes() const { return 4.0 * static_cast<double>(gradients_.size()); }

 private:
  size_t image_maps() const { return map_ * static_cast<size_t>(out_.channels); }
  size_t at(size_t lane, size_t image) const { return lane * lane_maps_ + image * image_maps(); }

  // At most eight places of a filter; behind the last one it is repeated. `to`: in the first lane's
  // maps.
  HWY_INLINE void spread_places(const float* HWY_RESTRICT gradients, size_t stride, size_t places,
                                size_t to) {
    LaneVector of_lanes[kPlaces];
    unroll<kPlaces>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
      of_lanes[i] = load(gradients + std::min<size_t>(i, places - 1) * stride);
    });
    unroll<kLanes / kPlaces>([&](auto half) SWEETSPOT_INLINE_LAMBDA {
      PlaceVector rows[kPlaces];
      unroll<kPlaces>([&](auto i)
                          SWEETSPOT_INLINE_LAMBDA { rows[i] = places_of<half>(of_lanes[i]); });
      transpose(rows);
      unroll<kPlaces>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
        store_places(rows[i], gradients_.data() + to + (half * kPlaces + i) * lane_maps_);
      });
    });
  }

  ImageShape out_;
  size_t map_ = 0;
  size_t lane_maps_ = 0;  // values of all images of one lane
  AlignedBuffer<float> gradients_;
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
