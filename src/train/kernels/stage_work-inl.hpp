// The stages of a network with all that their passes need: buffers for a batch, and the steps
// between the kernels.
#if defined(SWEETSPOT_TRAIN_KERNELS_STAGE_WORK_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_STAGE_WORK_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_STAGE_WORK_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_STAGE_WORK_INL_HPP
#endif

#include <algorithm>
#include <vector>

#include "base/aligned_buffer.hpp"
#include "train/kernels/conv_backward-inl.hpp"
#include "train/kernels/conv_forward-inl.hpp"
#include "train/kernels/dense-inl.hpp"
#include "train/kernels/lane_transpose-inl.hpp"
#include "train/parameter_layout.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// An odd number of cache lines between images: even ones would share cache sets.
inline size_t image_stride(int units) {
  constexpr size_t kLine = 16;
  size_t lines = (static_cast<size_t>(units) * kLanes + kLine - 1) / kLine;
  if (lines % 2 == 0) ++lines;
  return lines * kLine;
}

// A convolution stage with all that its passes need.
struct ConvWork {
  ConvPlan forward;
  ConvGradientPlan backward;
  LaneTranspose transpose;
  ConvParameters parameters;
  size_t image_origins = 0;
  AlignedBuffer<float> padded;  // input of one image, vertical
  AlignedBuffer<float>
      lane_inputs;                // inputs of the batch, lane-major; the first stage reads Images
  AlignedBuffer<Origin> origins;  // of the batch
  AlignedBuffer<float> moved_weights;  // as ConvGradientPlan says; the first stage needs none
  AlignedBuffer<float> weight_sums;
  AlignedBuffer<float> bias_sums;
  AlignedBuffer<float> lane_input_gradients;  // of one image; the first stage needs none

  ConvWork(const ConvStage& stage, const ConvParameters& p, int batch_size, bool first)
      : forward(stage, static_cast<int>(lane_row(stage, first))),
        backward(stage, first),
        transpose(stage.in, stage.padding, backward.input_row),
        parameters(p),
        image_origins(backward.places() * stage.filters * kLanes),
        padded(forward.padded_pixels() * stage.in.channels * kLanes),
        lane_inputs(first ? 0 : batch_size * kLanes * backward.lane_floats),
        origins(batch_size * image_origins),
        moved_weights(first ? 0 : kLanes * backward.moved_floats * backward.copies * stage.filters),
        weight_sums(kLanes * backward.filter_floats * stage.filters),
        bias_sums(static_cast<size_t>(stage.filters) * kLanes),
        lane_input_gradients(first ? 0 : kLanes * backward.lane_floats) {}

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

  // The weights, from their storage, as the input gradients need them.
  void copy_weights_to_lanes(const float* weights) {
    const ConvGradientPlan& plan = backward;
    const size_t lane_stride = plan.moved_floats * plan.copies * forward.stage.filters;
    for_each_weight([&](size_t place, size_t filter, size_t ky, size_t in_row) {
      for (size_t copy = 0; copy < plan.copies; ++copy) {
        const size_t at = (filter * plan.copies + copy) * plan.moved_floats + ky * plan.moved_row +
                          in_row + (copy << plan.move_shift);
        for (size_t lane = 0; lane < kLanes; ++lane) {
          moved_weights[lane * lane_stride + at] = weights[place * kLanes + lane];
        }
      }
    });
  }

  // The sums of the batch, as gradients in the weights' storage order.
  void collect_gradients(AlignedBuffer<float>& gradients) const {
    const ConvGradientPlan& plan = backward;
    const size_t lane_stride = plan.filter_floats * forward.stage.filters;
    for_each_weight([&](size_t place, size_t filter, size_t ky, size_t in_row) {
      const size_t at = filter * plan.filter_floats + ky * plan.filter_row + in_row;
      for (size_t lane = 0; lane < kLanes; ++lane) {
        gradients[place * kLanes + lane] = weight_sums[lane * lane_stride + at];
      }
    });
    std::copy_n(bias_sums.data(), bias_sums.size(), gradients.data() + parameters.bias * kLanes);
  }

  double bytes() const {
    return 4.0 * static_cast<double>(padded.size() + lane_inputs.size() + weight_sums.size() +
                                     moved_weights.size() + lane_input_gradients.size()) +
           2.0 * static_cast<double>(origins.size());
  }
};

struct DenseWork {
  DenseStage stage;
  DenseParameters parameters;
  DenseShape shape;
  AlignedBuffer<float> outputs;  // after ReLU and dropout
  AlignedBuffer<float> output_gradients;
  AlignedBuffer<float> bias_gradients;  // [output][lane]
  std::vector<uint8_t> kept;            // dropout: [image][unit], a bit a lane

  DenseWork(const DenseStage& s, const DenseParameters& p, int batch_size)
      : stage(s),
        parameters(p),
        shape{.images = batch_size,
              .inputs = s.inputs,
              .outputs = s.outputs,
              .input_stride = image_stride(s.inputs),
              .output_stride = image_stride(s.outputs),
              .weight_block_stride = p.block_stride * kLanes},
        outputs(batch_size * shape.output_stride),
        output_gradients(batch_size * shape.output_stride),
        bias_gradients(static_cast<size_t>(s.outputs) * kLanes),
        kept(s.dropout > 0 ? static_cast<size_t>(batch_size) * s.outputs : 0) {}

  // ReLU, then inverted dropout; a value that is not finite stays so.
  void rectify(int images, bool drop) {
    const LaneVector zero = hn::Zero(kLaneTag);
    const LaneVector scale = hn::Set(kLaneTag, static_cast<float>(1 / (1 - stage.dropout)));
    for (int image = 0; image < images; ++image) {
      float* values = outputs.data() + image * shape.output_stride;
      const uint8_t* image_kept = kept.data() + static_cast<size_t>(image) * stage.outputs;
      for (int unit = 0; unit < stage.outputs; ++unit) {
        const LaneVector value = load(values);
        LaneVector open = hn::MulAdd(value, zero, hn::Max(value, zero));
        if (drop) {
          const auto is_kept = hn::LoadMaskBits(kLaneTag, image_kept + unit);
          open = hn::IfThenElse(is_kept, hn::Mul(open, scale), hn::Mul(open, zero));
        }
        store(open, values);
        values += kLanes;
      }
    }
  }

  // An output of zero was closed by the ReLU or dropped: no gradient passes.
  void close_gradients() {
    const LaneVector scale = hn::Set(kLaneTag, static_cast<float>(1 / (1 - stage.dropout)));
    for (int image = 0; image < shape.images; ++image) {
      float* gradients = output_gradients.data() + image * shape.output_stride;
      const float* values = outputs.data() + image * shape.output_stride;
      for (size_t i = 0; i < static_cast<size_t>(stage.outputs) * kLanes; i += kLanes) {
        const auto open = hn::Gt(load(values + i), hn::Zero(kLaneTag));
        store(hn::IfThenElseZero(open, hn::Mul(load(gradients + i), scale)), gradients + i);
      }
    }
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
