// The dense layers of a network: buffers for a batch, and the steps between the kernels. Thread-
// safety: one thread at a time.
#if defined(SWEETSPOT_TRAIN_KERNELS_DENSE_DENSE_LAYERS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_DENSE_DENSE_LAYERS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_DENSE_DENSE_LAYERS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_DENSE_DENSE_LAYERS_INL_HPP
#endif

#include <array>
#include <optional>
#include <vector>

#include "base/aligned_buffer.hpp"
#include "train/dropout.hpp"
#include "train/kernels/dense/dense-inl.hpp"
#include "train/kernels/shared/lane_weights-inl.hpp"
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

// Images of a batch, from `first` on.
struct ImageRange {
  size_t first;
  size_t count;
};

class DenseLayers {
 public:
  // Gradients of the features, where they are images of a convolution, are kept for
  // `images_at_once` images.
  DenseLayers(const Stages& stages, const ParameterLayout& layout, size_t batch_size,
              size_t images_at_once)
      : feature_stride_(image_stride(stages.dense.front().inputs)),
        features_(batch_size * feature_stride_),
        feature_gradients_(stages.convolutions.empty() ? 0 : images_at_once * feature_stride_) {
    for (size_t i = 0; i < stages.dense.size(); ++i) {
      layers_.emplace_back(stages.dense[i], layout.dense(i), batch_size);
    }
  }

  // The inputs of the first layer, [unit][lane]; and their gradients, of the image that is `at` in
  // the last range of run_backward.
  float* features(size_t image) { return features_.data() + image * feature_stride_; }
  const float* feature_gradients(size_t at) const {
    return feature_gradients_.data() + at * feature_stride_;
  }

  int classes() const { return layers_.back().stage.outputs; }
  float* logits(size_t image) { return layers_.back().output(image); }
  float* logit_gradients(size_t image) { return layers_.back().output_gradient(image); }

  size_t count() const { return layers_.size(); }

  // The layers' masks are numbered from 0 on.
  void draw_dropout_masks(const DropoutKeys& keys) {
    for (size_t i = 0; i < layers_.size(); ++i) {
      Layer& layer = layers_[i];
      if (layer.kept.empty()) continue;
      draw_dropout(keys, static_cast<uint32_t>(i), layer.stage.dropout, layer.kept);
    }
  }

  void run_forward(const LaneWeights& weights, const ImageRange& images, bool training) {
    const float* inputs = features(images.first);
    for (Layer& layer : layers_) {
      float* outputs = layer.output(images.first);
      dense_forward(layer.shape_of(images), inputs, weights.at(layer.parameters.kernel),
                    weights.at(layer.parameters.bias), outputs);
      layer.rectify_and_drop(images, training);
      inputs = outputs;
    }
  }

  // From the gradients of the logits to those of the features.
  void run_backward(const LaneWeights& weights, const ImageRange& images) {
    for (size_t i = layers_.size(); i-- > 0;) {
      Layer& layer = layers_[i];
      layer.close_gradients(images);
      if (i == 0 && feature_gradients_.size() == 0) return;
      float* input_gradients =
          i == 0 ? feature_gradients_.data() : layers_[i - 1].output_gradient(images.first);
      dense_input_gradients(layer.shape_of(images), layer.output_gradient(images.first),
                            weights.at(layer.parameters.kernel), input_gradients);
    }
  }

  // Weight gradients go into the update while they are in the cache.
  void update(LaneWeights& weights, std::vector<LaneUpdate>& updates) {
    for (size_t i = 0; i < layers_.size(); ++i) {
      Layer& layer = layers_[i];
      const float* inputs = i == 0 ? features_.data() : layers_[i - 1].outputs.data();
      const float* output_gradients = layer.output_gradients.data();
      dense_weight_gradients(layer.shape, inputs, output_gradients,
                             [&](size_t first, const float* gradients, size_t vectors) HWY_ATTR {
                               weights.update(updates, layer.parameters.kernel + first, gradients,
                                              vectors);
                             });
      dense_bias_gradients(layer.shape, output_gradients, layer.bias_gradients.data());
      weights.update(updates, layer.parameters.bias, layer.bias_gradients.data(),
                     static_cast<size_t>(layer.stage.outputs));
    }
  }

  double bytes() const {
    double total = 4.0 * static_cast<double>(features_.size() + feature_gradients_.size());
    for (const Layer& layer : layers_) {
      total += 8.0 * static_cast<double>(layer.outputs.size()) +
               2.0 * static_cast<double>(layer.kept.size());
    }
    return total;
  }

 private:
  struct Layer {
    DenseStage stage;
    DenseParameters parameters;
    DenseShape shape;              // of the batch
    AlignedBuffer<float> outputs;  // after ReLU and dropout
    AlignedBuffer<float> output_gradients;
    AlignedBuffer<float> bias_gradients;  // [output][lane]
    std::vector<LaneMask> kept;           // dropout: [image][unit], a bit a lane

    Layer(const DenseStage& s, const DenseParameters& p, size_t batch_size)
        : stage(s),
          parameters(p),
          shape{.images = static_cast<int>(batch_size),
                .inputs = s.inputs,
                .outputs = s.outputs,
                .input_stride = image_stride(s.inputs),
                .output_stride = image_stride(s.outputs),
                .weight_block_stride = p.block_stride * kLanes},
          outputs(batch_size * shape.output_stride),
          output_gradients(batch_size * shape.output_stride),
          bias_gradients(static_cast<size_t>(s.outputs) * kLanes),
          kept(s.dropout > 0 ? batch_size * static_cast<size_t>(s.outputs) : 0) {}

    float* output(size_t image) { return outputs.data() + image * shape.output_stride; }
    float* output_gradient(size_t image) {
      return output_gradients.data() + image * shape.output_stride;
    }
    DenseShape shape_of(const ImageRange& images) const {
      DenseShape part = shape;
      part.images = static_cast<int>(images.count);
      return part;
    }

    LaneVector dropout_scale() const {
      return hn::Set(kLaneTag, static_cast<float>(1 / (1 - stage.dropout)));
    }
    // Null where nothing drops.
    const LaneMask* kept_of(size_t image) const {
      return kept.empty() ? nullptr : kept.data() + image * static_cast<size_t>(stage.outputs);
    }

    // ReLU, then inverted dropout; a value that is not finite stays so.
    void rectify_and_drop(const ImageRange& images, bool training) {
      const bool drop = training && !kept.empty();
      if (!stage.relu && !drop) return;
      const LaneVector zero = hn::Zero(kLaneTag);
      const LaneVector scale = dropout_scale();
      for (size_t image = images.first; image < images.first + images.count; ++image) {
        float* values = output(image);
        const LaneMask* image_kept = kept_of(image);
        for (int unit = 0; unit < stage.outputs; ++unit) {
          LaneVector value = load(values);
          if (stage.relu) value = hn::MulAdd(value, zero, hn::Max(value, zero));
          if (drop) {
            const auto is_kept = load_mask(image_kept + unit);
            value = hn::Mul(value, hn::IfThenElseZero(is_kept, scale));
          }
          store(value, values);
          values += kLanes;
        }
      }
    }

    // No gradient passes where the ReLU was closed or the output dropped. Behind a ReLU an output
    // of zero tells either.
    void close_gradients(const ImageRange& images) {
      if (!stage.relu && kept.empty()) return;
      const LaneVector scale = dropout_scale();
      for (size_t image = images.first; image < images.first + images.count; ++image) {
        float* gradients = output_gradient(image);
        const float* values = output(image);
        const LaneMask* image_kept = kept_of(image);
        for (int unit = 0; unit < stage.outputs; ++unit) {
          const auto open =
              stage.relu ? hn::Gt(load(values), hn::Zero(kLaneTag)) : load_mask(image_kept + unit);
          store(hn::IfThenElseZero(open, hn::Mul(load(gradients), scale)), gradients);
          gradients += kLanes;
          values += kLanes;
        }
      }
    }
  };

  size_t feature_stride_;
  AlignedBuffer<float> features_;
  AlignedBuffer<float> feature_gradients_;
  std::vector<Layer> layers_;
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
