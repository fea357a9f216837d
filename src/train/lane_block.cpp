#include "train/lane_block.hpp"

#include <algorithm>
#include <optional>

#include "base/aligned_buffer.hpp"
#include "base/error.hpp"
#include "train/dropout.hpp"
#include "train/flush_denormals.hpp"
#include "train/parameter_layout.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "train/lane_block.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#if HWY_TARGET == HWY_AVX2
#define SWEETSPOT_COMPILING_KERNELS
#include "train/kernels/lane_weights-inl.hpp"
#include "train/kernels/softmax-inl.hpp"
#include "train/kernels/stage_work-inl.hpp"
#undef SWEETSPOT_COMPILING_KERNELS
#endif

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX2

class Block final : public LaneBlock {
 public:
  Block(const Network& network, int batch_size, const Images& images)
      : stages_(stages_of(network)),
        layout_(stages_),
        batch_size_(batch_size),
        images_(images),
        weights_(layout_),
        gradients_(convolution_weights() * kLanes),
        features_(batch_size * image_stride(stages_.dense.front().inputs)),
        feature_gradients_(features_.size()) {
    for (size_t i = 0; i < stages_.convolutions.size(); ++i) {
      convolutions_.emplace_back(stages_.convolutions[i], layout_.convolution(i), batch_size,
                                 i == 0);
    }
    for (size_t i = 0; i < stages_.dense.size(); ++i) {
      dense_.emplace_back(stages_.dense[i], layout_.dense(i), batch_size);
    }
    size_t sums = 0;
    size_t places = 0;
    for (const ConvWork& conv : convolutions_) {
      sums = std::max(sums, conv.forward.sums_floats());
      places = std::max(places, conv.backward.places());
    }
    sums_ = AlignedBuffer<float>(sums);
    pixels_ = AlignedBuffer<float>(kLaneGroup * convolutions_[0].backward.lane_floats);
    open_ = OpenPlaceLists(places);
  }

  void start(size_t lane, const LaneRecipe& recipe) override {
    const OptimizerInfo& info = optimizers()[static_cast<size_t>(recipe.optimizer)];
    const auto initial = info.initial_slots(recipe.numbers, recipe.semantics);
    LaneState state;
    state.weights = layout_.initial_weights(recipe.seed);
    for (size_t slot = 0; slot < kOptimizerSlots; ++slot) {
      state.slots[slot].assign(state.weights.size(), initial[slot]);
    }
    state.powers.assign(recipe.numbers.size(), 1.0);
    resume(lane, recipe, state);
  }

  void resume(size_t lane, const LaneRecipe& recipe, const LaneState& state) override {
    if (state.powers.size() != recipe.numbers.size()) {
      throw Error(ErrorKind::study, "a snapshot is of another optimizer");
    }
    weights_.write(lane, state);
    lanes_[lane] = {.busy = true, .recipe = recipe, .step = state.step, .powers = state.powers};
  }

  LaneState state(size_t lane) const override {
    LaneState state;
    state.step = lanes_[lane].step;
    state.powers = lanes_[lane].powers;
    weights_.read(lane, state);
    return state;
  }

  void stop(size_t lane) override {
    lanes_[lane].busy = false;
    weights_.clear(lane);
  }

  std::array<LaneResult, kBlockLanes> step(
      const std::array<std::span<const uint32_t>, kBlockLanes>& batches) override {
    const FlushDenormals flush;
    prepare_updates();
    draw_dropout_masks();
    for (int image = 0; image < batch_size_; ++image) {
      std::array<uint32_t, kBlockLanes> chosen{};
      for (size_t lane = 0; lane < kLanes; ++lane) {
        if (!batches[lane].empty()) chosen[lane] = batches[lane][static_cast<size_t>(image)];
      }
      prefetch_images(batches, image + 1);
      convolve(images_, chosen, image, /*training=*/true);
    }
    forward_dense(batch_size_, /*training=*/true);
    const auto results = loss(batches);
    backward_dense();
    backward_convolutions(batches);
    for (Lane& lane : lanes_) lane.step += lane.busy ? 1 : 0;
    return results;
  }

  std::array<uint32_t, kBlockLanes> count_correct(const Images& set) override {
    const FlushDenormals flush;
    const hn::FixedTag<int32_t, 8> ints;
    std::array<uint32_t, kBlockLanes> correct{};
    for (uint32_t first = 0; first < set.count(); first += static_cast<uint32_t>(batch_size_)) {
      const int count =
          static_cast<int>(std::min(static_cast<uint32_t>(batch_size_), set.count() - first));
      for (int image = 0; image < count; ++image) {
        std::array<uint32_t, kBlockLanes> same{};
        same.fill(first + static_cast<uint32_t>(image));
        convolve(set, same, image, /*training=*/false);
      }
      forward_dense(count, /*training=*/false);
      for (int image = 0; image < count; ++image) {
        const auto label = hn::Set(ints, set.label(first + static_cast<uint32_t>(image)));
        add_bits(is_correct(logits(image), classes(), label), correct);
      }
    }
    return correct;
  }

  double bytes() const override {
    double total =
        weights_.bytes() +
        4.0 * static_cast<double>(gradients_.size() + 2 * features_.size() + sums_.size());
    for (const ConvWork& conv : convolutions_) total += conv.bytes();
    for (const DenseWork& dense : dense_) {
      total +=
          8.0 * static_cast<double>(dense.outputs.size()) + static_cast<double>(dense.kept.size());
    }
    return total;
  }

 private:
  struct Lane {
    bool busy = false;
    LaneRecipe recipe;
    uint64_t step = 0;
    std::vector<double> powers;
  };

  int classes() const { return stages_.dense.back().outputs; }
  float* logits(int image) {
    return dense_.back().outputs.data() + image * dense_.back().shape.output_stride;
  }

  size_t convolution_weights() const {
    const ConvStage& last = stages_.convolutions.back();
    return layout_.convolution(stages_.convolutions.size() - 1).bias +
           static_cast<size_t>(last.filters);
  }

  static void add_bits(hn::Mask<LaneTag> mask, std::array<uint32_t, kBlockLanes>& counts) {
    uint8_t bits = 0;
    hn::StoreMaskBits(kLaneTag, mask, &bits);
    for (size_t lane = 0; lane < kLanes; ++lane) counts[lane] += bits >> lane & 1U;
  }

  void prepare_updates() {
    updates_.clear();
    for (size_t lane = 0; lane < kLanes; ++lane) {
      Lane& l = lanes_[lane];
      if (!l.busy) continue;
      for (size_t i = 0; i < l.powers.size(); ++i) l.powers[i] *= l.recipe.numbers[i];
      const OptimizerInfo& info = optimizers()[static_cast<size_t>(l.recipe.optimizer)];
      const OptimizerCoefficients coefficients =
          info.coefficients({.learning_rate = l.recipe.learning_rate,
                             .numbers = l.recipe.numbers,
                             .semantics = l.recipe.semantics,
                             .powers = l.powers});
      auto found = std::find_if(updates_.begin(), updates_.end(), [&](const LaneUpdate& update) {
        return update.optimizer == l.recipe.optimizer;
      });
      if (found == updates_.end()) {
        updates_.emplace_back();
        found = updates_.end() - 1;
        found->optimizer = l.recipe.optimizer;
      }
      found->member[lane] = 1;
      for (size_t i = 0; i < kOptimizerCoefficients; ++i) {
        found->coefficients[i][lane] = coefficients[i];
      }
    }
    for (LaneUpdate& update : updates_) {
      update.all_lanes = std::count(update.member.begin(), update.member.end(), 1.0F) == kLanes;
    }
  }

  void draw_dropout_masks() {
    std::array<std::optional<DropoutKey>, kLanes> keys;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const Lane& l = lanes_[lane];
      if (l.busy) keys[lane] = DropoutKey{l.recipe.seed, static_cast<uint32_t>(l.step)};
    }
    for (size_t i = 0; i < dense_.size(); ++i) {
      if (dense_[i].kept.empty()) continue;
      draw_dropout(keys, static_cast<uint32_t>(i), dense_[i].stage.dropout, dense_[i].kept);
    }
  }

  // One image as floats, in one of a group's places.
  const float* read_pixels(uint32_t image, size_t place) {
    const size_t floats = convolutions_[0].backward.lane_floats;
    float* HWY_RESTRICT to = pixels_.data() + place * floats;
    const uint8_t* HWY_RESTRICT from = images_.padded(image);
    for (size_t i = 0; i + 2 * kLanes <= floats; i += kLanes) store(load_pixels(from + i), to + i);
    return to;
  }

  // Compiled into its callers: a function of nothing but prefetches is pure to g++ 12, which drops
  // the call. Into the second-level cache: the first has no room for the next image's data.
  HWY_INLINE static void prefetch(const void* from, size_t bytes) {
    constexpr size_t kLine = 64;
    constexpr int kSecondLevel = 2;
    for (size_t i = 0; i < bytes; i += kLine) {
      __builtin_prefetch(static_cast<const char*>(from) + i, 0, kSecondLevel);
    }
  }

  // The lanes' images lie at random places of a set that is larger than any cache.
  HWY_INLINE void prefetch_images(const std::array<std::span<const uint32_t>, kBlockLanes>& batches,
                                  int image) const {
    if (image >= batch_size_) return;
    const size_t bytes = convolutions_[0].backward.input_row *
                         static_cast<size_t>(convolutions_[0].forward.padded_height);
    for (const std::span<const uint32_t>& batch : batches) {
      if (!batch.empty()) prefetch(images_.padded(batch[static_cast<size_t>(image)]), bytes);
    }
  }

  // What the forward pass left for the backward pass: a batch of it is larger than the second
  // level.
  HWY_INLINE void prefetch_backward(int image) const {
    if (image >= batch_size_) return;
    const size_t features = dense_[0].shape.input_stride;
    prefetch(feature_gradients_.data() + image * features, features * sizeof(float));
    for (const ConvWork& conv : convolutions_) {
      prefetch(conv.origins.data() + image * conv.image_origins,
               conv.image_origins * sizeof(Origin));
      if (conv.lane_inputs.size() == 0) continue;
      const size_t floats = kLanes * conv.backward.lane_floats;
      prefetch(conv.lane_inputs.data() + image * floats, floats * sizeof(float));
    }
  }

  void convolve(const Images& set, const std::array<uint32_t, kBlockLanes>& chosen, int image,
                bool training) {
    const uint8_t* lanes[kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] = set.padded(chosen[lane]);
    convolutions_[0].transpose.to_vertical(lanes, convolutions_[0].padded.data());
    for (size_t i = 0; i < convolutions_.size(); ++i) {
      ConvWork& conv = convolutions_[i];
      const bool last = i + 1 == convolutions_.size();
      ConvWork* next = last ? nullptr : &convolutions_[i + 1];
      float* out =
          last ? features_.data() + image * dense_[0].shape.input_stride : next->padded.data();
      conv_forward(conv.forward, conv.padded.data(), weights_.at(conv.parameters.kernel),
                   weights_.at(conv.parameters.bias), last ? 0 : next->forward.stage.padding, out,
                   conv.origins.data() + image * conv.image_origins, sums_.data());
      if (!last && training) {
        next->transpose.to_lanes(
            next->padded.data(),
            next->lane_inputs.data() + image * kLanes * next->backward.lane_floats,
            next->backward.lane_floats);
      }
    }
  }

  void forward_dense(int images, bool training) {
    const float* inputs = features_.data();
    for (DenseWork& dense : dense_) {
      DenseShape shape = dense.shape;
      shape.images = images;
      dense_forward(shape, inputs, weights_.at(dense.parameters.kernel),
                    weights_.at(dense.parameters.bias), dense.outputs.data());
      if (dense.stage.relu) dense.rectify(images, training && !dense.kept.empty());
      inputs = dense.outputs.data();
    }
  }

  std::array<LaneResult, kBlockLanes> loss(
      const std::array<std::span<const uint32_t>, kBlockLanes>& batches) {
    const hn::FixedTag<int32_t, 8> ints;
    HWY_ALIGN float scales[kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) {
      scales[lane] = lanes_[lane].busy ? 1.0F / static_cast<float>(batch_size_) : 0.0F;
    }
    std::array<uint32_t, kBlockLanes> correct{};
    std::array<double, kBlockLanes> losses{};
    DenseWork& last = dense_.back();
    for (int image = 0; image < batch_size_; ++image) {
      HWY_ALIGN int32_t labels[kLanes] = {};
      for (size_t lane = 0; lane < kLanes; ++lane) {
        if (!batches[lane].empty()) {
          labels[lane] = images_.label(batches[lane][static_cast<size_t>(image)]);
        }
      }
      const auto label = hn::Load(ints, labels);
      HWY_ALIGN float image_losses[kLanes];
      store(softmax_cross_entropy(logits(image), classes(), label, load(scales),
                                  last.output_gradients.data() + image * last.shape.output_stride),
            image_losses);
      for (size_t lane = 0; lane < kLanes; ++lane) losses[lane] += image_losses[lane];
      add_bits(is_correct(logits(image), classes(), label), correct);
    }
    std::array<LaneResult, kBlockLanes> results;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      results[lane] = {losses[lane] / batch_size_, correct[lane]};
    }
    return results;
  }

  void backward_dense() {
    for (size_t i = dense_.size(); i-- > 0;) {
      DenseWork& dense = dense_[i];
      if (dense.stage.relu) dense.close_gradients();
      const float* inputs = i == 0 ? features_.data() : dense_[i - 1].outputs.data();
      float* input_gradients =
          i == 0 ? feature_gradients_.data() : dense_[i - 1].output_gradients.data();
      const float* output_gradients = dense.output_gradients.data();
      dense_input_gradients(dense.shape, output_gradients, weights_.at(dense.parameters.kernel),
                            input_gradients);
      dense_weight_gradients(dense.shape, inputs, output_gradients,
                             [&](size_t first, const float* gradients, size_t vectors) HWY_ATTR {
                               weights_.update(updates_, dense.parameters.kernel + first, gradients,
                                               vectors);
                             });
      dense_bias_gradients(dense.shape, output_gradients, dense.bias_gradients.data());
      weights_.update(updates_, dense.parameters.bias, dense.bias_gradients.data(),
                      static_cast<size_t>(dense.stage.outputs));
    }
  }

  void backward_convolutions(const std::array<std::span<const uint32_t>, kBlockLanes>& batches) {
    for (ConvWork& conv : convolutions_) {
      std::fill_n(conv.weight_sums.data(), conv.weight_sums.size(), 0.0F);
      std::fill_n(conv.bias_sums.data(), conv.bias_sums.size(), 0.0F);
      if (conv.moved_weights.size() > 0) conv.copy_weights_to_lanes(weights_.at(0));
    }
    for (int image = 0; image < batch_size_; ++image) {
      prefetch_images(batches, image + 1);
      prefetch_backward(image + 1);
      for (size_t i = convolutions_.size(); i-- > 0;) {
        ConvWork& conv = convolutions_[i];
        const auto input_of = [&](size_t lane) HWY_ATTR -> const float* {
          if (i > 0) {
            return conv.lane_inputs.data() + (image * kLanes + lane) * conv.backward.lane_floats;
          }
          const uint32_t chosen =
              batches[lane].empty() ? 0 : batches[lane][static_cast<size_t>(image)];
          return read_pixels(chosen, lane % kLaneGroup);
        };
        AlignedBuffer<float>& input_gradients = conv.lane_input_gradients;
        std::fill_n(input_gradients.data(), input_gradients.size(), 0.0F);
        conv_backward(
            conv.backward, input_of, conv.origins.data() + image * conv.image_origins,
            [&](int filter) { return gradient_source(i, filter, image); },
            conv.moved_weights.data(), conv.weight_sums.data(), conv.bias_sums.data(),
            input_gradients.size() == 0 ? nullptr : input_gradients.data(), open_);
      }
    }
    for (const ConvWork& conv : convolutions_) conv.collect_gradients(gradients_);
    weights_.update(updates_, 0, gradients_.data(), convolution_weights());
  }

  GradientSource gradient_source(size_t stage, int filter, int image) const {
    const ConvGradientPlan& plan = convolutions_[stage].backward;
    if (stage + 1 < convolutions_.size()) {
      const ConvWork& next = convolutions_[stage + 1];
      const size_t row = next.backward.input_row;
      const auto pixel = static_cast<size_t>(next.forward.stage.in.channels);
      const auto border = static_cast<size_t>(next.forward.stage.padding);
      return {next.lane_input_gradients.data() + border * (row + pixel) + filter,
              next.backward.lane_floats, pixel, row};
    }
    const int block = filter / kChannelBlock;
    const size_t pixel = static_cast<size_t>(block_size(plan.stage.filters, block)) * kLanes;
    const size_t block_start = static_cast<size_t>(block) * kChannelBlock * plan.places();
    return {feature_gradients_.data() + image * dense_[0].shape.input_stride +
                (block_start + filter % kChannelBlock) * kLanes,
            1, pixel, pixel * static_cast<size_t>(plan.stage.out.width)};
  }

  Stages stages_;
  ParameterLayout layout_;
  int batch_size_;
  const Images& images_;
  LaneWeights weights_;
  AlignedBuffer<float> gradients_;  // of the convolutions
  AlignedBuffer<float> features_;   // inputs of the first dense layer
  AlignedBuffer<float> feature_gradients_;
  AlignedBuffer<float> sums_;
  AlignedBuffer<float> pixels_;  // a group's images
  std::vector<ConvWork> convolutions_;
  std::vector<DenseWork> dense_;
  OpenPlaceLists open_{0};
  std::array<Lane, kLanes> lanes_;
  std::vector<LaneUpdate> updates_;
};

std::unique_ptr<LaneBlock> make_block(const Network& network, int batch_size,
                                      const Images& images) {
  return std::make_unique<Block>(network, batch_size, images);
}

#else

std::unique_ptr<LaneBlock> make_block(const Network&, int, const Images&) {
  return nullptr;
}

#endif

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sweetspot::train {

HWY_EXPORT(make_block);

std::unique_ptr<LaneBlock> make_lane_block(const Network& network, int batch_size,
                                           const Images& images) {
  std::unique_ptr<LaneBlock> block = HWY_DYNAMIC_DISPATCH(make_block)(network, batch_size, images);
  if (block == nullptr) {
    throw Error(ErrorKind::system,
                "this processor lacks AVX2 and FMA, which the population trainer needs");
  }
  return block;
}

double lane_block_bytes(const Network& network, int batch_size) {
  const size_t pixels =
      static_cast<size_t>(network.input.channels) * network.input.height * network.input.width;
  const std::vector<uint8_t> image(pixels);
  const std::vector<uint8_t> label(1);
  const Images one(network.input, stages_of(network).convolutions.front().padding, image, label);
  return make_lane_block(network, batch_size, one)->bytes();
}

}  // namespace sweetspot::train
#endif
