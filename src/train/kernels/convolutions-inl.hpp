// What a network makes of images before its dense layers, its convolution stages: forward one image
// of every lane at a time, all lanes together; backward some images at a time, trial by trial, and
// the last stage's weight gradients all lanes together where that is faster. A network without
// convolutions takes the pixels. Thread-safety: one thread at a time.
#if defined(SWEETSPOT_TRAIN_KERNELS_CONVOLUTIONS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_CONVOLUTIONS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_CONVOLUTIONS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_CONVOLUTIONS_INL_HPP
#endif

#include <hwy/cache_control.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "train/dropout.hpp"
#include "train/images.hpp"
#include "train/kernels/conv_work-inl.hpp"
#include "train/kernels/input_gradients/trial_positions-inl.hpp"
#include "train/kernels/layout/pixel_rows-inl.hpp"
#include "train/kernels/layout/trial_gradients-inl.hpp"
#include "train/kernels/shared/lane_sharing-inl.hpp"
#include "train/kernels/shared/lane_weights-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

using LaneImages = std::array<uint32_t, kLanes>;  // one of each lane

class Convolutions {
 public:
  // `training` must outlive the object.
  Convolutions(const Stages& stages, const ParameterLayout& layout, size_t batch_size,
               size_t images_at_once, const Images& training)
      : images_(training), pixels_(image_reader(stages)) {
    if (stages.convolutions.empty()) {
      features_ = AlignedBuffer<float>(static_cast<size_t>(stages.dense.front().inputs) * kLanes);
      return;
    }
    size_t sums = 0;
    size_t places = 0;
    for (size_t i = 0; i < stages.convolutions.size(); ++i) {
      const ConvStage& stage = stages.convolutions[i];
      const bool is_last = i + 1 == stages.convolutions.size();
      const ConvWork& conv = stages_.emplace_back(stage, layout.convolution(i), batch_size,
                                                  images_at_once, i == 0, is_last);
      sums = std::max(sums, conv.forward.sums_floats());
      places = std::max(places, place_map(conv.backward.stage.out));
    }
    pixel_rows_ = PixelRows(stages_[0].forward);
    sums_ = AlignedBuffer<float>(sums);
    open_ = OpenPlaceList(kImagesTogether * places);
    pixel_values_ =
        AlignedBuffer<float>(kImagesTogether * values_with_tail(training.padded_bytes()));
    blank_ =
        AlignedBuffer<float>(static_cast<size_t>(stages.convolutions.front().filters) * kLanes);
    inked_.resize(training.inked_words());
    inked_list_.resize(stages_[0].forward.all.size() + kPlaces);
    const ConvGradientPlan& last = stages_.back().backward;
    trial_gradients_ = TrialGradients(last.stage.out, images_at_once);
    if (stages_.back().vertical) {
      places_ = TrialPlaces(last.stage, images_at_once, *last.inputs, last.input_row);
    }
    weight_count_ =
        stages_.back().parameters.bias + static_cast<size_t>(stages.convolutions.back().filters);
    gradients_ = AlignedBuffer<float>(weight_count_ * kLanes);
    shared_weights_ = AlignedBuffer<float>(weight_count_ * kLanes);
    features_ = AlignedBuffer<float>(stages_.back().pooled_values() * kLanes);
  }

  // Before run_forward, whenever the weights or the busy lanes have changed.
  void begin_forward(const LaneWeights& weights, const LaneSharing& sharing) {
    sharing_ = sharing;
    goes_vertically_ = sharing.trials >= kFewestVertical;
    if (stages_.empty()) return;
    weights_ = weights.at(0);
    if (sharing.is_shared()) {
      share_out(sharing, weights_, weight_count_, shared_weights_.data());
      weights_ = shared_weights_.data();
    }
    find_blank();
  }

  // Before the first run_backward of a batch.
  void begin_backward(const LaneWeights& weights, const LaneBits& busy) {
    for (ConvWork& conv : stages_) {
      if (conv.vertical) conv.vertical->clear();
      std::fill_n(conv.weight_sums.data(), conv.weight_sums.size(), 0.0F);
      std::fill_n(conv.bias_sums.data(), conv.bias_sums.size(), 0.0F);
      conv.copy_weights_to_lanes(weights.at(0), busy);
    }
  }

  // The stages' masks are numbered from `first_mask` on.
  void draw_dropout_masks(const DropoutKeys& keys, size_t first_mask) {
    for (size_t i = 0; i < stages_.size(); ++i) {
      ConvWork& conv = stages_[i];
      if (conv.kept.empty()) continue;
      draw_dropout(keys, static_cast<uint32_t>(first_mask + i), conv.forward.stage.dropout,
                   conv.kept);
    }
  }

  // `chosen`: of `set`, by lane; `next`: those of the next pass. features_of(image) gives where the
  // features of a number of the batch go, [unit][trial]. What the backward pass needs is kept.
  template <class FeaturesOf>
  void run_forward(const Images& set, const LaneImages& chosen, const LaneImages& next,
                   const PassImages& pass, bool training, const FeaturesOf& features_of) {
    LanePixels pixels;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      pixels.chosen[lane] = set.padded(chosen[lane]);
      pixels.next[lane] = set.padded(next[lane]);
    }
    float* features = sharing_.is_shared() ? features_.data() : features_of(pass.first);
    if (stages_.empty()) {
      pixels_.to_vertical(pixels, 0, set.shape().height, 0, features);
    } else {
      run_stages(unite_ink(set, chosen, next), pixels, pass, training, features);
    }
    if (sharing_.is_shared()) collect_features(pass, features_of);
  }

  // The training images that run_forward kept as 0..count-1, which are batches[lane][first...];
  // gradients_of(at) gives the gradients of the features of one of them.
  template <class GradientsOf>
  void run_backward(const LaneBatches& batches, size_t first, size_t count,
                    const GradientsOf& gradients_of) {
    if (stages_.empty()) return;
    ConvWork& last = stages_.back();
    for (size_t at = 0; at < count; ++at) {
      const float* gradients = gradients_of(at);
      const float scale = last.dropout_scale;
      if (is_vertical(stages_.size() - 1)) {
        last.vertical->add(at, last.padded_of(at), gradients, scale);
        places_.pack(gradients, scale, last.vertical->origins(at), at);
      } else {
        trial_gradients_.spread(gradients, at);
      }
    }
    for (size_t lane = 0; lane < kLanes; ++lane) {
      if (!batches[lane].empty()) run_backward_of(lane, batches[lane].subspan(first, count));
    }
  }

  void update(LaneWeights& weights, std::vector<LaneUpdate>& updates) {
    if (stages_.empty()) return;
    for (const ConvWork& conv : stages_) {
      conv.collect_gradients(/*from_vertical=*/goes_vertically_ && conv.vertical, gradients_);
    }
    weights.update(updates, 0, gradients_.data(), weight_count_);
  }

  double bytes() const {
    double total = trial_gradients_.bytes() + places_.bytes() +
                   4.0 * static_cast<double>(gradients_.size() + sums_.size() + blank_.size() +
                                             pixel_values_.size() + pixel_rows_.size() +
                                             shared_weights_.size() + features_.size());
    for (const ConvWork& conv : stages_) total += conv.bytes();
    return total;
  }

 private:
  // Where the stage's output goes: the next one's padded input, or the features.
  OutputFrame output_frame(size_t stage) const {
    if (stage + 1 == stages_.size()) return {0, out().width, out().height};
    const ConvStage& next = stages_[stage + 1].forward.stage;
    return {next.padding, next.padded_width(), next.padded_height()};
  }

  const ImageShape& out() const { return stages_.back().forward.stage.out; }

  // What the first stage makes of zeros, term by term, so that a weight that is not finite shows.
  void find_blank() {
    const ConvWork& first = stages_[0];
    std::copy_n(weights_ + first.parameters.bias * kLanes, blank_.size(), blank_.data());
    first.for_each_weight([&](size_t place, size_t filter, size_t, size_t) HWY_ATTR {
      float* sum = blank_.data() + filter * kLanes;
      store(hn::MulAdd(hn::Zero(kLaneTag), load(weights_ + place * kLanes), load(sum)), sum);
    });
  }

  void run_stages(const Ink& ink, const LanePixels& pixels, const PassImages& pass, bool training,
                  float* features) {
    pixel_rows_.begin();
    for (size_t i = 0; i < stages_.size(); ++i) {
      ConvWork& conv = stages_[i];
      ConvWork* next = i + 1 == stages_.size() ? nullptr : &stages_[i + 1];
      const bool keeps = training && is_vertical(i);
      const bool next_keeps = training && next != nullptr && is_vertical(i + 1);
      float* outputs = next == nullptr ? features : next->padded_of(next_keeps ? pass.at : 0);
      const auto rows_of = [&](int first, int end) HWY_ATTR -> const float* {
        if (i == 0) return pixel_rows_.rows(pixels_, pixels, first, end);
        return conv.padded_of(keeps ? pass.at : 0) + first * conv.forward.padded_row();
      };
      OriginMaps origins = {.lanes = {},
                            .rows = conv.origin_rows.data(),
                            .vertical = keeps ? conv.vertical->origins(pass.at) : nullptr};
      float* next_inputs[kLanes];
      for (size_t lane = 0; lane < kLanes; ++lane) {
        const size_t image = pass.at + pass.of(sharing_, lane);
        origins.lanes[lane] = conv.image_origin(sharing_.trial_of[lane], image);
        if (next != nullptr) next_inputs[lane] = next->lane_input(sharing_.trial_of[lane], image);
      }
      const auto rows_done = [&](int first, int end) HWY_ATTR {
        if (next == nullptr || !training || next_keeps) return;
        const int padding = next->forward.stage.padding;
        next->transpose->to_lanes(outputs, padding + first, padding + end, next_inputs);
      };
      conv_forward(
          conv.forward, weights_ + conv.parameters.kernel * kLanes,
          weights_ + conv.parameters.bias * kLanes, output_frame(i),
          {.kept = training ? conv.kept_in(sharing_, pass) : nullptr, .scale = conv.dropout_scale},
          outputs, origins, i == 0 ? &ink : nullptr, sums_.data(), rows_of, rows_done);
    }
  }

  // From the lanes that held a trial's images to its own lane.
  template <class FeaturesOf>
  void collect_features(const PassImages& pass, const FeaturesOf& features_of) {
    float* to[kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) {
      to[lane] = features_of(pass.first + pass.of(sharing_, lane)) + sharing_.trial_of[lane];
    }
    for (size_t i = 0; i < features_.size(); i += kLanes) {
      for (size_t lane = 0; lane < kLanes; ++lane) to[lane][i] = features_.data()[i + lane];
    }
  }

  // Of the images that the lanes chose. Those of the next pass are fetched meanwhile.
  Ink unite_ink(const Images& set, const LaneImages& chosen, const LaneImages& next) {
    for (const uint32_t image : next) hwy::Prefetch(set.inked(image));
    std::fill(inked_.begin(), inked_.end(), uint64_t{0});
    for (const uint32_t image : chosen) {
      const uint64_t* HWY_RESTRICT inked = set.inked(image);
      for (size_t i = 0; i < inked_.size(); ++i) inked_[i] |= inked[i];
    }
    return {reinterpret_cast<const uint8_t*>(inked_.data()), blank_.data(), inked_list_.data()};
  }

  // Whether the stage's weight gradients take all lanes together.
  bool is_vertical(size_t stage) const {
    return goes_vertically_ && stages_[stage].vertical.has_value();
  }

  void run_backward_of(size_t lane, std::span<const uint32_t> batch) {
    for (size_t first = 0; first < batch.size(); first += kImagesTogether) {
      const size_t images = std::min(kImagesTogether, batch.size() - first);
      for (size_t i = stages_.size(); i-- > 1;) {
        TrialConvolution trial = trial_convolution(i, lane, first, images);
        for (size_t image = 0; image < images; ++image) {
          trial.inputs[image] = stages_[i].lane_input(lane, first + image);
        }
        run_backward_stage(i, lane, first, images, trial);
      }
      TrialConvolution trial = trial_convolution(0, lane, first, images);
      for (size_t image = 0; image < images; ++image) {
        float* pixels = pixel_values_.data() + image * pixel_values_.size() / kImagesTogether;
        read_pixels(images_.padded(batch[first + image]), pixels);
        trial.inputs[image] = pixels;
        trial.inked[image] = reinterpret_cast<const uint8_t*>(images_.inked(batch[first + image]));
      }
      run_backward_stage(0, lane, first, images, trial);
    }
  }

  // Not those of the border, which stay zero.
  void read_pixels(const uint8_t* image, float* values) const {
    const ConvGradientPlan& plan = stages_[0].backward;
    const size_t border = plan.stage.padding * plan.input_row;
    pixel_values(image + border, plan.stage.in.height * plan.input_row, values + border);
  }

  TrialConvolution trial_convolution(size_t stage, size_t lane, size_t first, size_t images) {
    ConvWork& conv = stages_[stage];
    TrialConvolution trial{};
    for (size_t image = 0; image < images; ++image) {
      trial.origins[image] = conv.image_origin(lane, first + image);
    }
    trial.weight_sums = conv.weight_sums.data() + lane * conv.lane_sums();
    trial.bias_sums = conv.bias_sums.data() + lane * conv.forward.stage.filters;
    trial.moved_weights = conv.moved_weights.data() + lane * conv.moved_floats();
    trial.input_gradients = conv.input_gradients.data();
    return trial;
  }

  HWY_INLINE void run_backward_stage(size_t stage, size_t lane, size_t first, size_t images,
                                     const TrialConvolution& trial) {
    ConvGradientPlan& plan = stages_[stage].backward;
    const auto source_of = [&](int filter, size_t image) HWY_ATTR {
      return gradient_source(stage, filter, lane, first, image);
    };
    if (is_vertical(stage)) {
      plan.inputs->run_packed(images, places_.filters(lane, first), places_.gradients(lane, first),
                              places_.image_values(), trial.moved_weights, trial.input_gradients,
                              plan.input_gradient_floats());
    } else {
      add_trial_weight_gradients(plan, images, trial, source_of, open_);
      find_trial_input_gradients(plan, images, trial, source_of);
    }
  }

  GradientSource gradient_source(size_t stage, int filter, size_t lane, size_t first,
                                 size_t image) const {
    const ConvWork& conv = stages_[stage];
    const ImageShape& shape = conv.forward.stage.out;
    const float scale = conv.dropout_scale;
    if (stage + 1 < stages_.size()) {
      const ConvWork& next = stages_[stage + 1];
      const size_t row = next.backward.input_row;
      const auto pixel = static_cast<size_t>(shape.channels);
      const auto border = static_cast<size_t>(next.forward.stage.padding);
      return {next.input_gradients.data() + image * next.backward.input_gradient_floats() +
                  border * (row + pixel) + filter,
              pixel, row, scale};
    }
    return {trial_gradients_.of(lane, first + image) + place_map(shape) * filter, 1,
            place_row(shape), scale};
  }

  // Trials. A vertical kernel does idle lanes, too: it pays from two thirds of the lanes on, where
  // each trial has its own.
  static constexpr size_t kFewestVertical = (2 * kLanes + 2) / 3;

  const Images& images_;
  PixelTranspose pixels_;
  PixelRows pixel_rows_;
  std::vector<ConvWork> stages_;
  size_t weight_count_ = 0;         // of all stages, with what pads their storage
  AlignedBuffer<float> gradients_;  // of these
  LaneSharing sharing_;
  bool goes_vertically_ = false;    // where a stage can
  const float* weights_ = nullptr;  // of the forward pass
  AlignedBuffer<float> shared_weights_;
  AlignedBuffer<float> features_;  // of a shared pass
  AlignedBuffer<float> sums_;
  TrialGradients trial_gradients_;
  TrialPlaces places_;                 // where the last stage can go vertically
  AlignedBuffer<float> pixel_values_;  // of a trial's images together
  AlignedBuffer<float> blank_;         // what the first convolution makes of zeros
  std::vector<uint64_t> inked_;        // places with ink in any lane's image
  std::vector<uint32_t> inked_list_;   // scratch
  OpenPlaceList open_{0};
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
