// A convolution stage with all that its passes need: buffers for the images that are worked on at
// once, and the steps between the kernels.
#if defined(SWEETSPOT_TRAIN_KERNELS_CONV_WORK_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_CONV_WORK_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_CONV_WORK_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_CONV_WORK_INL_HPP
#endif

#include <algorithm>
#include <optional>
#include <vector>

#include "base/aligned_buffer.hpp"
#include "train/kernels/conv_backward-inl.hpp"
#include "train/kernels/forward/conv_forward-inl.hpp"
#include "train/kernels/layout/lane_transpose-inl.hpp"
#include "train/kernels/shared/lane_sharing-inl.hpp"
#include "train/kernels/weight_gradients/interleaved_weight_gradients-inl.hpp"
#include "train/parameter_layout.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Whether the weight gradients of a last stage may take all lanes together; its input gradients
// must read packed places then.
inline bool suits_vertical(const ConvGradientPlan& plan) {
  return plan.inputs && plan.inputs->packs() && VerticalWeightGradients::suits(plan.stage);
}

// What most of the backward pass reads lies trial by trial, [lane][image], since it walks over one
// trial's images at a time.
struct ConvWork {
  ConvPlan forward;
  ConvGradientPlan backward;
  std::optional<LaneTranspose> transpose;  // the first stage needs none
  ConvParameters parameters;
  size_t images_at_once;
  float dropout_scale;  // a member: the division, once a filter and image, cost 1 % of a step
  size_t image_origins = 0;
  std::optional<VerticalWeightGradients> vertical;  // where all lanes can go together
  // Input, vertical: of one image, or of all for `vertical`. The first stage reads Images.
  AlignedBuffer<float> padded;
  AlignedBuffer<float> lane_inputs;      // the first stage reads Images
  AlignedBuffer<Origin> origins;         // [filter][place map]
  AlignedBuffer<Origin> origin_rows;     // scratch of the forward pass
  AlignedBuffer<float> moved_weights;    // [lane]; the first stage needs none
  AlignedBuffer<float> weight_sums;      // [lane]
  AlignedBuffer<float> bias_sums;        // [lane][filter]
  AlignedBuffer<float> input_gradients;  // of a trial's images together; the first stage needs none
  std::vector<LaneMask> kept;       // dropout: [image of the batch][y][x][filter], a bit a trial
  std::vector<LaneMask> pass_kept;  // scratch of a shared pass: [y][x][filter], a bit a lane

  ConvWork(const ConvStage& stage, const ConvParameters& p, size_t batch_size, size_t at_once,
           bool first, bool last)
      : forward(stage, static_cast<int>(lane_row(stage, first))),
        backward(stage, first),
        parameters(p),
        images_at_once(at_once),
        dropout_scale(static_cast<float>(1 / (1 - stage.dropout))),
        image_origins(place_map(stage.out) * stage.filters),
        padded(first ? 0
                     : (last && suits_vertical(backward) ? images_at_once : 1) * padded_values()),
        lane_inputs(first ? 0 : images_at_once * kLanes * backward.lane_floats),
        origins(images_at_once * kLanes * image_origins),
        origin_rows(forward.origin_rows_size()),
        moved_weights(kLanes * moved_floats()),
        weight_sums(kLanes * lane_sums()),
        bias_sums(static_cast<size_t>(stage.filters) * kLanes),
        input_gradients(kImagesTogether * backward.input_gradient_floats()),
        kept(stage.dropout > 0 ? batch_size * pooled_values() : 0),
        pass_kept(stage.dropout > 0 ? pooled_values() : 0) {
    if (!first) transpose.emplace(stage, backward.input_row);
    if (last && suits_vertical(backward))
      vertical.emplace(stage, backward.input_row, images_at_once);
  }

  bool is_first() const { return !backward.inputs.has_value(); }
  size_t moved_floats() const { return backward.inputs ? backward.inputs->weights_floats() : 0; }
  size_t lane_sums() const { return backward.weights.filter_floats * forward.stage.filters; }
  size_t pooled_values() const {
    const ImageShape& out = forward.stage.out;
    return static_cast<size_t>(out.height) * out.width * out.channels;
  }
  size_t padded_values() const {
    return forward.padded_pixels() * forward.stage.in.channels * kLanes;
  }
  float* padded_of(size_t image) { return padded.data() + image * padded_values(); }
  size_t at(size_t lane, size_t image) const { return lane * images_at_once + image; }
  float* lane_input(size_t lane, size_t image) {
    return lane_inputs.data() + at(lane, image) * backward.lane_floats;
  }
  Origin* image_origin(size_t lane, size_t image) {
    return origins.data() + at(lane, image) * image_origins;
  }

  // What dropout keeps of the images of a pass, a bit a lane; null without dropout.
  const LaneMask* kept_in(const LaneSharing& sharing, const PassImages& pass) {
    if (kept.empty()) return nullptr;
    const LaneMask* first = kept.data() + pass.first * pooled_values();
    if (!sharing.is_shared()) return first;
    std::fill(pass_kept.begin(), pass_kept.end(), LaneMask{0});
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const LaneMask* of_image = first + pass.of(sharing, lane) * pooled_values();
      for (size_t i = 0; i < pass_kept.size(); ++i) {
        const auto bit = static_cast<unsigned>(of_image[i] >> sharing.trial_of[lane]) & 1U;
        pass_kept[i] = static_cast<LaneMask>(pass_kept[i] | bit << lane);
      }
    }
    return pass_kept.data();
  }

  // Calls function(place in storage, filter, ky, offset in the kernel's row) for each weight.
  template <class Function>
  void for_each_weight(Function&& function) const {
    const ConvStage& s = forward.stage;
    size_t place = parameters.kernel;
    for (int block = 0; block < s.filters; block += kChannelBlock) {
      for (int in_block = 0; in_block < s.in.channels; in_block += kChannelBlock) {
        for (int ky = 0; ky < s.kernel; ++ky) {
          for (int kx = 0; kx < s.kernel; ++kx) {
            for (int c = in_block; c < std::min(in_block + kChannelBlock, s.in.channels); ++c) {
              for (int f = block; f < std::min(block + kChannelBlock, s.filters); ++f) {
                function(place++, static_cast<size_t>(f), static_cast<size_t>(ky),
                         static_cast<size_t>(kx * s.in.channels + c));
              }
            }
          }
        }
      }
    }
  }

  // The busy trials' weights, from their storage, as the input gradients need them.
  void copy_weights_to_lanes(const float* weights, const LaneBits& busy) {
    if (!backward.inputs) return;
    const size_t lane_stride = moved_floats();
    for_each_weight([&](size_t place, size_t filter, size_t ky, size_t in_row) {
      backward.inputs->for_each_copy(filter, ky, in_row, [&](size_t to) {
        for (size_t lane = 0; lane < kLanes; ++lane) {
          if (busy[lane]) moved_weights[lane * lane_stride + to] = weights[place * kLanes + lane];
        }
      });
    });
  }

  // The sums of the batch, as gradients in the weights' storage order.
  void collect_gradients(bool from_vertical, AlignedBuffer<float>& gradients) const {
    if (from_vertical) {
      collect_vertical_gradients(gradients);
    } else {
      collect_trial_gradients(gradients);
    }
  }

  void collect_vertical_gradients(AlignedBuffer<float>& gradients) const {
    for_each_weight([&](size_t place, size_t filter, size_t ky, size_t in_row) HWY_ATTR {
      store(load(vertical->weight_sums(filter, ky, in_row)), gradients.data() + place * kLanes);
    });
    for (size_t filter = 0; filter < static_cast<size_t>(forward.stage.filters); ++filter) {
      store(load(vertical->bias_sums(filter)),
            gradients.data() + (parameters.bias + filter) * kLanes);
    }
  }

  // Those of the first stage are over bytes.
  void collect_trial_gradients(AlignedBuffer<float>& gradients) const {
    const WeightGradientPlan& plan = backward.weights;
    const size_t lane_stride = lane_sums();
    const float divisor = is_first() ? 255.0F : 1.0F;
    for_each_weight([&](size_t place, size_t filter, size_t ky, size_t in_row) {
      const size_t from = filter * plan.filter_floats + ky * plan.sums_row + in_row;
      for (size_t lane = 0; lane < kLanes; ++lane) {
        gradients[place * kLanes + lane] = weight_sums[lane * lane_stride + from] / divisor;
      }
    });
    const auto filters = static_cast<size_t>(forward.stage.filters);
    for (size_t filter = 0; filter < filters; ++filter) {
      for (size_t lane = 0; lane < kLanes; ++lane) {
        gradients[(parameters.bias + filter) * kLanes + lane] = bias_sums[lane * filters + filter];
      }
    }
  }

  double bytes() const {
    return 4.0 * static_cast<double>(padded.size() + lane_inputs.size() + weight_sums.size() +
                                     moved_weights.size() + input_gradients.size()) +
           2.0 * static_cast<double>(origins.size() + kept.size()) +
           (vertical ? vertical->bytes() : 0);
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
