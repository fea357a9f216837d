// The backward pass of a convolution stage for some images of one trial.
//
// Tensors here are lane-major: one trial's padded input is [y][x][channel].
#if defined(SWEETSPOT_TRAIN_KERNELS_CONV_BACKWARD_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_CONV_BACKWARD_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_CONV_BACKWARD_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_CONV_BACKWARD_INL_HPP
#endif

#include <array>
#include <optional>
#include <span>

#include "train/kernels/input_gradients/input_gradients-inl.hpp"
#include "train/kernels/weight_gradients/weight_gradients-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Values of one row of a trial's padded input. Rows of images are as Images has them; others are
// whole vectors.
inline size_t lane_row(const ConvStage& s, bool is_image) {
  const size_t row = static_cast<size_t>(s.padded_width()) * s.in.channels;
  return is_image ? row : round_up_to_places(row);
}

struct ConvGradientPlan {
  ConvStage stage;
  size_t input_row;
  size_t lane_floats;  // one trial's padded input, with room to read past its end
  WeightGradientPlan weights;
  std::optional<InputGradientPlan> inputs;  // the first stage needs none

  ConvGradientPlan(const ConvStage& s, bool is_image)
      : stage(s),
        input_row(lane_row(s, is_image)),
        lane_floats(round_up_to_places(input_row * s.padded_height()) + 2 * kPlaces),
        weights(s, input_row) {
    if (!is_image) inputs.emplace(s, input_row);
  }

  PlaceGrid grid() const {
    return {stage.out.width, stage.out.height, stage.pool * stage.in.channels,
            stage.pool * static_cast<int>(input_row)};
  }
  // Floats of the gradients of one image's input, with what may be touched behind them.
  size_t input_gradient_floats() const {
    return inputs ? lane_floats + round_up_to_places(inputs->past_end()) : 0;
  }
};

// One trial's tensors of a stage, for as many images as go together.
struct TrialConvolution {
  std::array<const float*, kImagesTogether> inputs;
  std::array<const uint8_t*, kImagesTogether> inked;   // or null: see OpenPlaceList
  std::array<const Origin*, kImagesTogether> origins;  // [filter][map]
  float* weight_sums;                                  // [filter], as WeightGradientPlan has them
  float* bias_sums;                                    // [filter]
  const float* moved_weights;                          // as InputGradientPlan has them
  float* input_gradients;  // [image], plan.input_gradient_floats() apart
};

// Adds the weight gradients of the first `images` of the trial's; source_of(filter, image) gives
// the filter's GradientSource.
template <class SourceOf>
HWY_INLINE void add_trial_weight_gradients(const ConvGradientPlan& plan, size_t images,
                                           const TrialConvolution& trial, const SourceOf& source_of,
                                           OpenPlaceList& open) {
  const PlaceGrid grid = plan.grid();
  const size_t map = place_map(plan.stage.out);
  for (int filter = 0; filter < plan.stage.filters; ++filter) {
    open.clear();
    for (size_t image = 0; image < images; ++image) {
      const auto offset = static_cast<int32_t>(trial.inputs[image] - trial.inputs[0]);
      trial.bias_sums[filter] += open.add(grid, trial.origins[image] + map * filter,
                                          source_of(filter, image), trial.inked[image], offset);
    }
    plan.weights.add(open, trial.inputs[0],
                     trial.weight_sums + plan.weights.filter_floats * filter);
  }
}

// The gradients of these images' inputs, where the stage needs them.
template <class SourceOf>
HWY_INLINE void find_trial_input_gradients(ConvGradientPlan& plan, size_t images,
                                           const TrialConvolution& trial,
                                           const SourceOf& source_of) {
  if (!plan.inputs) return;
  plan.inputs->run(
      std::span(trial.origins).first(images),
      [&](int filter, size_t image) SWEETSPOT_INLINE_LAMBDA { return source_of(filter, image); },
      trial.moved_weights, trial.input_gradients, plan.input_gradient_floats());
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
