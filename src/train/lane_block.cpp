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
      places = std::max(places, place_map(conv.backward.stage.out));
    }
    sums_ = AlignedBuffer<float>(sums);
    open_ = OpenPlaceList(kImagesTogether * places);
    blank_ = AlignedBuffer<float>(stages_.convolutions.front().filters * kLanes);
    inked_.resize(images.inked_bytes());
    inked_list_.resize(convolutions_[0].forward.places.size() + kLanes);
    const ConvStage& last = stages_.convolutions.back();
    image_gradients_ = place_map(last.out) * last.filters;
    lane_gradients_ = AlignedBuffer<float>(kLanes * batch_size * image_gradients_);
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
    find_blank();
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
    find_blank();
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
        weights_.bytes() + 4.0 * static_cast<double>(gradients_.size() + 2 * features_.size() +
                                                     sums_.size() + lane_gradients_.size());
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
    for (const std::span<const uint32_t>& batch : batches) {
      if (!batch.empty()) {
        prefetch(images_.padded(batch[static_cast<size_t>(image)]), image_bytes());
      }
    }
  }
  size_t image_bytes() const {
    return convolutions_[0].backward.input_row *
           static_cast<size_t>(convolutions_[0].forward.padded_height);
  }

  // Of the images that the lanes chose.
  Ink unite_ink(const Images& set, const std::array<uint32_t, kBlockLanes>& chosen) {
    std::fill(inked_.begin(), inked_.end(), uint8_t{0});
    for (const uint32_t image : chosen) {
      const uint8_t* HWY_RESTRICT inked = set.inked(image);
      for (size_t i = 0; i < inked_.size(); ++i) inked_[i] |= inked[i];
    }
    return {inked_.data(), blank_.data(), inked_list_.data()};
  }

  // A convolution of zeros, term by term: a weight that is not finite shows.
  void find_blank() {
    const ConvWork& first = convolutions_[0];
    std::copy_n(weights_.at(first.parameters.bias), blank_.size(), blank_.data());
    first.for_each_weight([&](size_t place, size_t filter, size_t, size_t) HWY_ATTR {
      float* sum = blank_.data() + filter * kLanes;
      store(hn::MulAdd(hn::Zero(kLaneTag), load(weights_.at(place)), load(sum)), sum);
    });
  }

  void convolve(const Images& set, const std::array<uint32_t, kBlockLanes>& chosen, int image,
                bool training) {
    const uint8_t* lanes[kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] = set.padded(chosen[lane]);
    const auto at = static_cast<size_t>(image);
    int rows_read = 0;
    const Ink ink = unite_ink(set, chosen);
    for (size_t i = 0; i < convolutions_.size(); ++i) {
      ConvWork& conv = convolutions_[i];
      const bool last = i + 1 == convolutions_.size();
      ConvWork* next = last ? nullptr : &convolutions_[i + 1];
      float* out =
          last ? features_.data() + image * dense_[0].shape.input_stride : next->padded.data();
      // Rows of pixels are spread over the lanes just before they are used: all of them would fill
      // the first-level cache.
      const auto need_rows = [&](int end) HWY_ATTR {
        if (i > 0) return;
        conv.transpose.to_vertical(lanes, rows_read, end, conv.padded.data());
        rows_read = end;
      };
      conv_forward(conv.forward, conv.padded.data(), weights_.at(conv.parameters.kernel),
                   weights_.at(conv.parameters.bias), last ? 0 : next->forward.stage.padding, out,
                   {.first = conv.image_origin(0, at),
                    .lane_stride = conv.batch_size * conv.image_origins,
                    .row = conv.origin_row.data()},
                   i == 0 ? &ink : nullptr, sums_.data(), need_rows);
      if (!last && training) {
        next->transpose.to_lanes(next->padded.data(), next->lane_input(0, at),
                                 next->batch_size * next->backward.lane_floats);
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

  // The gradients that the dense layers passed back, as maps of each trial: [lane][image][filter].
  void spread_feature_gradients() {
    const ImageShape& out = stages_.convolutions.back().out;
    const auto width = static_cast<size_t>(out.width);
    const size_t lane_stride = static_cast<size_t>(batch_size_) * image_gradients_;
    for (int image = 0; image < batch_size_; ++image) {
      float* to = lane_gradients_.data() + static_cast<size_t>(image) * image_gradients_;
      const float* from = feature_gradients_.data() + image * dense_[0].shape.input_stride;
      for (int block = 0; block < channel_blocks(out.channels); ++block) {
        const int filters = block_size(out.channels, block);
        const size_t pixel = static_cast<size_t>(filters) * kLanes;
        for (int filter = 0; filter < filters; ++filter) {
          const float* row = from + filter * kLanes;
          for (int y = 0; y < out.height; ++y) {
            for (size_t x = 0; x < width; x += kLanes) {
              LaneVector places[kLanes];
              for (size_t i = 0; i < kLanes; ++i) {
                places[i] = load(row + std::min(x + i, width - 1) * pixel);
              }
              transpose(places);
              for (size_t lane = 0; lane < kLanes; ++lane) {
                store(places[lane], to + lane * lane_stride);
              }
              to += kLanes;
            }
            row += width * pixel;
          }
        }
        from += pixel * width * static_cast<size_t>(out.height);
      }
    }
  }

  void backward_convolutions(const std::array<std::span<const uint32_t>, kBlockLanes>& batches) {
    spread_feature_gradients();
    for (ConvWork& conv : convolutions_) {
      std::fill_n(conv.weight_sums.data(), conv.weight_sums.size(), 0.0F);
      std::fill_n(conv.bias_sums.data(), conv.bias_sums.size(), 0.0F);
      conv.copy_weights_to_lanes(weights_.at(0));
    }
    for (size_t lane = 0; lane < kLanes; ++lane) {
      if (!batches[lane].empty()) backward_convolutions_of(lane, batches[lane]);
    }
    for (const ConvWork& conv : convolutions_) conv.collect_gradients(gradients_);
    weights_.update(updates_, 0, gradients_.data(), convolution_weights());
  }

  void backward_convolutions_of(size_t lane, std::span<const uint32_t> batch) {
    for (size_t first = 0; first < batch.size(); first += kImagesTogether) {
      prefetch_next(batch, first + kImagesTogether);
      const size_t images = std::min(kImagesTogether, batch.size() - first);
      for (size_t i = convolutions_.size(); i-- > 1;) {
        auto trial = trial_convolution<float>(i, lane, first, images);
        for (size_t image = 0; image < images; ++image) {
          trial.inputs[image] = convolutions_[i].lane_input(lane, first + image);
        }
        backward_convolution(i, lane, first, images, trial);
      }
      auto trial = trial_convolution<uint8_t>(0, lane, first, images);
      for (size_t image = 0; image < images; ++image) {
        trial.inputs[image] = images_.padded(batch[first + image]);
        trial.inked[image] = images_.inked(batch[first + image]);
      }
      backward_convolution(0, lane, first, images, trial);
    }
  }

  template <class Input>
  TrialConvolution<Input> trial_convolution(size_t stage, size_t lane, size_t first,
                                            size_t images) {
    ConvWork& conv = convolutions_[stage];
    TrialConvolution<Input> trial{};
    for (size_t image = 0; image < images; ++image) {
      trial.origins[image] = conv.image_origin(lane, first + image);
    }
    trial.weight_sums = conv.weight_sums.data() + lane * conv.lane_sums();
    trial.bias_sums = conv.bias_sums.data() + lane * conv.forward.stage.filters;
    trial.moved_weights = conv.moved_weights.data() + lane * conv.moved_floats();
    trial.input_gradients = conv.input_gradients.data();
    return trial;
  }

  template <class Input>
  HWY_INLINE void backward_convolution(size_t stage, size_t lane, size_t first, size_t images,
                                       const TrialConvolution<Input>& trial) {
    conv_backward(
        convolutions_[stage].backward, images, trial,
        [&](int filter, size_t image)
            HWY_ATTR { return gradient_source(stage, filter, lane, first, image); },
        open_);
  }

  GradientSource gradient_source(size_t stage, int filter, size_t lane, size_t first,
                                 size_t i) const {
    const ImageShape& out = stages_.convolutions[stage].out;
    if (stage + 1 < convolutions_.size()) {
      const ConvWork& next = convolutions_[stage + 1];
      const size_t row = next.backward.input_row;
      const auto pixel = static_cast<size_t>(out.channels);
      const auto border = static_cast<size_t>(next.forward.stage.padding);
      return {next.input_gradients.data() + i * next.backward.input_gradient_floats() +
                  border * (row + pixel) + filter,
              pixel, row};
    }
    const size_t at = lane * static_cast<size_t>(batch_size_) + first + i;
    return {lane_gradients_.data() + at * image_gradients_ + place_map(out) * filter, 1,
            place_row(out)};
  }

  // Images lie at random places of a set that is larger than any cache.
  HWY_INLINE void prefetch_next(std::span<const uint32_t> batch, size_t first) const {
    for (size_t image = first; image < std::min(first + kImagesTogether, batch.size()); ++image) {
      prefetch(images_.padded(batch[image]), image_bytes());
      prefetch(images_.inked(batch[image]), images_.inked_bytes());
    }
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
  AlignedBuffer<float> blank_;           // what the first convolution makes of zeros
  std::vector<uint8_t> inked_;           // places with ink in any lane's image
  std::vector<uint32_t> inked_list_;     // scratch
  size_t image_gradients_ = 0;           // floats of one trial and image in lane_gradients_
  AlignedBuffer<float> lane_gradients_;  // feature gradients as maps: [lane][image][filter]
  std::vector<ConvWork> convolutions_;
  std::vector<DenseWork> dense_;
  OpenPlaceList open_{0};
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
  const Images one(network, image, label);
  return make_lane_block(network, batch_size, one)->bytes();
}

}  // namespace sweetspot::train
#endif
