// A block of as many lanes as the target's vectors have.
#if defined(SWEETSPOT_TRAIN_KERNELS_BLOCK_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_BLOCK_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_BLOCK_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_BLOCK_INL_HPP
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <span>
#include <vector>

#include "sweetspot/error.hpp"
#include "train/flush_denormals.hpp"
#include "train/kernels/convolutions-inl.hpp"
#include "train/kernels/dense/dense_layers-inl.hpp"
#include "train/kernels/dense/softmax-inl.hpp"
#include "train/kernels/shared/lane_weights-inl.hpp"
#include "train/lane_block.hpp"
#include "train/parameter_layout.hpp"
#include "train/stages.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// What the forward pass leaves for the backward pass.
inline size_t bytes_an_image(const Stages& stages) {
  size_t bytes = 2 * image_stride(stages.dense.front().inputs) * sizeof(float);
  for (size_t i = 0; i < stages.convolutions.size(); ++i) {
    const ConvStage& stage = stages.convolutions[i];
    bytes += kLanes * place_map(stage.out) * static_cast<size_t>(stage.filters) * sizeof(Origin);
    if (i > 0) bytes += kLanes * ConvGradientPlan(stage, false).lane_floats * sizeof(float);
  }
  return bytes;
}

// How many images go forward and then back together. Few enough for the second-level cache, unless
// reading the dense layers' weights again for each such group would cost more than the images do.
inline size_t images_at_once(const Stages& stages, size_t batch_size) {
  constexpr size_t kSecondLevelShare = kLanes * (48 << 10);
  constexpr size_t kRows = tile_rows(kChannelBlock);  // of a tile of a dense layer
  const size_t image = bytes_an_image(stages);
  const size_t group = kSecondLevelShare / image / kRows * kRows;
  size_t dense = 0;
  for (const DenseStage& stage : stages.dense) {
    dense += static_cast<size_t>(stage.inputs) * stage.outputs * kLanes * sizeof(float);
  }
  return group > 0 && dense < group * image ? std::min(group, batch_size) : batch_size;
}

// Images that go together when trials share out the lanes, if there is room.
constexpr size_t kSharedAtOnce = 16;

class Block final : public LaneBlock {
 public:
  Block(const Network& network, int batch_size, const Images& images)
      : stages_(stages_of(network)),
        layout_(stages_),
        batch_size_(static_cast<size_t>(batch_size)),
        at_once_(images_at_once(stages_, batch_size_)),
        shared_at_once_(std::min(batch_size_, std::max(at_once_, kSharedAtOnce))),
        images_(images),
        weights_(layout_),
        convolutions_(stages_, layout_, batch_size_, shared_at_once_, images),
        dense_(stages_, layout_, batch_size_, shared_at_once_) {}

  void start(size_t lane, const LaneRecipe& recipe) override {
    const OptimizerInfo& info = optimizers()[static_cast<size_t>(recipe.optimizer)];
    const auto initial = info.initial_slots(recipe.numbers, recipe.semantics);
    LaneState state;
    state.weights = layout_.initial_weights(recipe.seed);
    for (size_t slot = 0; slot < static_cast<size_t>(info.slots); ++slot) {
      state.slots[slot] = std::isnan(initial[slot])
                              ? state.weights
                              : std::vector<float>(state.weights.size(), initial[slot]);
    }
    state.scalars.assign(recipe.numbers.size(), 1.0);
    const std::vector<double> own = info.initial_scalars(recipe.numbers);
    state.scalars.insert(state.scalars.end(), own.begin(), own.end());
    resume(lane, recipe, state);
  }

  void resume(size_t lane, const LaneRecipe& recipe, const LaneState& state) override {
    const OptimizerInfo& info = optimizers()[static_cast<size_t>(recipe.optimizer)];
    const size_t scalars = recipe.numbers.size() + info.initial_scalars(recipe.numbers).size();
    if (state.scalars.size() != scalars) {
      throw Error(ErrorKind::study, "a snapshot is of another optimizer");
    }
    weights_.write(lane, state, info.slots);
    lanes_[lane] = {.busy = true, .recipe = recipe, .step = state.step, .scalars = state.scalars};
  }

  LaneState state(size_t lane) const override {
    LaneState state;
    state.step = lanes_[lane].step;
    state.scalars = lanes_[lane].scalars;
    weights_.read(lane, state, lanes_[lane].info().slots);
    return state;
  }

  void stop(size_t lane) override {
    lanes_[lane].busy = false;
    weights_.clear(lane);
  }

  size_t lanes() const override { return kLanes; }

  LaneResults step(const LaneBatches& batches) override {
    const FlushDenormals flush;
    prepare_updates();
    draw_dropout_masks();
    const LaneSharing sharing(busy());
    convolutions_.begin_forward(weights_, sharing);
    convolutions_.begin_backward(weights_, busy());
    LaneLosses losses{};
    LaneCounts correct{};
    const size_t at_once = sharing.is_shared() ? shared_at_once_ : at_once_;
    for (size_t first = 0; first < batch_size_; first += at_once) {
      const ImageRange images = {first, std::min(at_once, batch_size_ - first)};
      run_forward(batches, sharing, images);
      add_losses(batches, images, losses, correct);
      dense_.run_backward(weights_, images);
      convolutions_.run_backward(batches, first, images.count,
                                 [&](size_t at) { return dense_.feature_gradients(at); });
    }
    dense_.update(weights_, updates_);
    convolutions_.update(weights_, updates_);
    for (LaneUpdate& update : updates_) finish_update(update);
    LaneResults results;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      results[lane] = {losses[lane] / static_cast<double>(batch_size_), correct[lane]};
      lanes_[lane].step += lanes_[lane].busy ? 1 : 0;
    }
    return results;
  }

  LaneCounts count_correct(const Images& set) override {
    const FlushDenormals flush;
    LaneCounts correct{};
    show_evaluated_weights();
    const LaneSharing sharing(busy());
    convolutions_.begin_forward(weights_, sharing);
    for (size_t first = 0; first < set.count(); first += batch_size_) {
      const size_t count = std::min(batch_size_, set.count() - first);
      for (size_t image = 0; image < count; image += sharing.images) {
        const PassImages pass = {image, 0, std::min(sharing.images, count - image)};
        LaneImages chosen{};
        for (size_t lane = 0; lane < kLanes; ++lane) {
          chosen[lane] = static_cast<uint32_t>(first + image + pass.of(sharing, lane));
        }
        convolutions_.run_forward(set, chosen, chosen, pass, /*training=*/false,
                                  [&](size_t number) { return dense_.features(number); });
      }
      dense_.run_forward(weights_, {0, count}, /*training=*/false);
      for (size_t image = 0; image < count; ++image) {
        const auto label = hn::Set(kLaneIntTag, set.label(static_cast<uint32_t>(first + image)));
        add_bits(is_correct(dense_.logits(image), dense_.classes(), label), correct);
      }
    }
    show_evaluated_weights();
    return correct;
  }

  double bytes() const override {
    return weights_.bytes() + convolutions_.bytes() + dense_.bytes();
  }

 private:
  using LaneLosses = std::array<double, kLanes>;

  struct Lane {
    bool busy = false;
    LaneRecipe recipe;
    uint64_t step = 0;
    std::vector<double> scalars;

    const OptimizerInfo& info() const {
      return optimizers()[static_cast<size_t>(recipe.optimizer)];
    }
    // Of the step under way.
    OptimizerStep optimizer_step() {
      const std::span<double> all = scalars;
      return {.step = step + 1,
              .learning_rate = recipe.learning_rate * recipe.schedule.factor(step),
              .numbers = recipe.numbers,
              .semantics = recipe.semantics,
              .powers = all.first(recipe.numbers.size()),
              .scalars = all.subspan(recipe.numbers.size())};
    }
  };

  static void add_bits(hn::Mask<LaneTag> mask, LaneCounts& counts) {
    const unsigned bits = mask_bits(mask);
    for (size_t lane = 0; lane < kLanes; ++lane) counts[lane] += bits >> lane & 1U;
  }

  void prepare_updates() {
    updates_.clear();
    for (size_t lane = 0; lane < kLanes; ++lane) {
      Lane& l = lanes_[lane];
      if (!l.busy) continue;
      for (size_t i = 0; i < l.recipe.numbers.size(); ++i) l.scalars[i] *= l.recipe.numbers[i];
      const OptimizerCoefficients coefficients = l.info().coefficients(l.optimizer_step());
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

  // What a rule makes of its sums over all weights.
  void finish_update(LaneUpdate& update) {
    const OptimizerInfo& info = optimizers()[static_cast<size_t>(update.optimizer)];
    if (!info.has_sums) return;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      if (update.member[lane] == 0) continue;
      OptimizerSums sums;
      for (size_t i = 0; i < kOptimizerSums; ++i) sums[i] = update.sums[i][lane];
      const OptimizerCoefficients coefficients =
          info.after_sums(lanes_[lane].optimizer_step(), sums);
      for (size_t i = 0; i < kOptimizerCoefficients; ++i) {
        update.coefficients[i][lane] = coefficients[i];
      }
    }
    if (info.has_second_pass) weights_.update_again(update);
  }

  LaneBits busy() const {
    LaneBits bits;
    for (size_t lane = 0; lane < kLanes; ++lane) bits[lane] = lanes_[lane].busy;
    return bits;
  }

  // Changes the trained weights for those that the network is judged by, and back.
  void show_evaluated_weights() {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const int slot = lanes_[lane].info().evaluated_slot;
      if (lanes_[lane].busy && slot >= 0) weights_.swap_with_slot(lane, slot);
    }
  }

  void draw_dropout_masks() {
    DropoutKeys keys;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const Lane& l = lanes_[lane];
      if (l.busy) keys[lane] = DropoutKey{l.recipe.seed, static_cast<uint32_t>(l.step)};
    }
    dense_.draw_dropout_masks(keys);
    convolutions_.draw_dropout_masks(keys, dense_.count());
  }

  void run_forward(const LaneBatches& batches, const LaneSharing& sharing,
                   const ImageRange& images) {
    for (size_t at = 0; at < images.count; at += sharing.images) {
      const PassImages pass = {images.first + at, at, std::min(sharing.images, images.count - at)};
      LaneImages chosen{};
      LaneImages next{};
      for (size_t lane = 0; lane < kLanes; ++lane) {
        const std::span<const uint32_t>& batch = batches[sharing.trial_of[lane]];
        if (batch.empty()) continue;
        const size_t image = pass.first + pass.of(sharing, lane);
        chosen[lane] = batch[image];
        next[lane] = batch[std::min(image + sharing.images, batch.size() - 1)];
      }
      convolutions_.run_forward(images_, chosen, next, pass, /*training=*/true,
                                [&](size_t at_image) { return dense_.features(at_image); });
    }
    dense_.run_forward(weights_, images, /*training=*/true);
  }

  // And leaves the gradients of the logits.
  void add_losses(const LaneBatches& batches, const ImageRange& images, LaneLosses& losses,
                  LaneCounts& correct) {
    HWY_ALIGN float scales[kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) {
      scales[lane] = lanes_[lane].busy ? 1.0F / static_cast<float>(batch_size_) : 0.0F;
    }
    for (size_t image = images.first; image < images.first + images.count; ++image) {
      HWY_ALIGN int32_t labels[kLanes] = {};
      for (size_t lane = 0; lane < kLanes; ++lane) {
        if (!batches[lane].empty()) labels[lane] = images_.label(batches[lane][image]);
      }
      const auto label = hn::Load(kLaneIntTag, labels);
      HWY_ALIGN float image_losses[kLanes];
      store(softmax_cross_entropy(dense_.logits(image), dense_.classes(), label, load(scales),
                                  dense_.logit_gradients(image)),
            image_losses);
      for (size_t lane = 0; lane < kLanes; ++lane) losses[lane] += image_losses[lane];
      add_bits(is_correct(dense_.logits(image), dense_.classes(), label), correct);
    }
  }

  Stages stages_;
  ParameterLayout layout_;
  size_t batch_size_;
  size_t at_once_;         // images that go forward and then back together
  size_t shared_at_once_;  // the same, when trials share out the lanes: each image takes less room
  const Images& images_;
  LaneWeights weights_;
  Convolutions convolutions_;
  DenseLayers dense_;
  std::array<Lane, kLanes> lanes_;
  std::vector<LaneUpdate> updates_;
};

std::unique_ptr<LaneBlock> make_block(const Network& network, int batch_size,
                                      const Images& images) {
  return std::make_unique<Block>(network, batch_size, images);
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
