#include "train/stages.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "sweetspot/error.hpp"

namespace sweetspot::train {
namespace {

// The trainer keeps where a pooled value came from, a window's rows and pixels at most, in 16 bits.
constexpr int kMostWindowValues = 32000;
constexpr int kMostKernel = 9;
constexpr int kMostPool = 8;
// Values of an image between two layers, and of all weights: the trainer counts both in 32 bits.
constexpr int64_t kMostValues = 1 << 24;
constexpr size_t kMostWeights = size_t{1} << 30;

// Walks over a network's layers and groups them; keeps the layer's number for messages.
class StageBuilder {
 public:
  explicit StageBuilder(const Network& network) : network_(network), shape_(network.input) {
    stages_.input = network.input;
  }

  Stages build() {
    require_size(network_.input);
    for (; at_ < network_.layers.size(); ++at_) {
      take();
      stages_.outputs.push_back(output());
    }
    if (stages_.dense.empty() || stages_.dense.back().outputs != network_.classes ||
        stages_.dense.back().relu || stages_.dense.back().dropout != 0) {
      throw Error(ErrorKind::usage,
                  fmt::format("model: the last layer must be a dense layer of {} units, one a "
                              "class, with nothing behind it",
                              network_.classes));
    }
    if (const size_t weights = weight_count(stages_); weights > kMostWeights) {
      throw Error(ErrorKind::usage,
                  fmt::format("model: {} weights; at most {} are possible", weights, kMostWeights));
    }
    return std::move(stages_);
  }

 private:
  const Layer& here() const { return network_.layers[at_]; }
  bool is_flat() const { return flattened_ || !stages_.dense.empty(); }

  LayerOutput output() const {
    if (is_flat()) return {{inputs(), 1, 1}, true};
    return {shape_, false};
  }

  static void require_size(const ImageShape& shape) {
    const int64_t values = int64_t{shape.channels} * shape.height * shape.width;
    if (values >= 1 && values <= kMostValues) return;
    throw Error(ErrorKind::usage,
                fmt::format("model: an image of {} has {} values between two layers; from 1 to {} "
                            "are possible",
                            text_of(shape), values, kMostValues));
  }

  std::string input_text() const {
    return stages_.dense.empty() ? text_of(shape_) : fmt::format("{} units", inputs());
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw Error(ErrorKind::usage, fmt::format("model layer {} ({}) on an input of {}: {}", at_ + 1,
                                              text_of(here()), input_text(), why));
  }

  int inputs() const {
    if (!stages_.dense.empty()) return stages_.dense.back().outputs;
    return shape_.channels * shape_.height * shape_.width;
  }

  void take() {
    switch (here().kind) {
      case LayerKind::conv:
        return take_convolution();
      case LayerKind::maxpool:
        return take_pool();
      case LayerKind::relu:
        return take_relu();
      case LayerKind::dropout:
        return take_dropout();
      case LayerKind::dense:
        return take_dense();
      case LayerKind::flatten:
        if (is_flat()) fail("is flat already");
        flattened_ = true;
    }
  }

  void take_convolution() {
    if (is_flat()) fail("a convolution needs an image, not what a flatten or dense layer gives");
    const Layer& conv = here();
    if (conv.size < 1) fail("a convolution has at least 1 filter");
    if (conv.kernel < 1 || conv.kernel > kMostKernel) {
      fail(fmt::format("a kernel has 1 to {} pixels a side", kMostKernel));
    }
    ConvStage stage;
    stage.in = shape_;
    stage.filters = conv.size;
    stage.kernel = conv.kernel;
    stage.relu = false;
    // As TensorFlow: the odd one of an even kernel's border lies below and on the right.
    stage.padding = conv.padding == Padding::same ? (conv.kernel - 1) / 2 : 0;
    stage.padding_after = conv.padding == Padding::same ? conv.kernel / 2 : 0;
    stage.convolved = {conv.size, stage.padded_height() - conv.kernel + 1,
                       stage.padded_width() - conv.kernel + 1};
    if (stage.convolved.height < 1 || stage.convolved.width < 1) {
      fail(fmt::format("the kernel does not fit: valid padding would leave {}",
                       text_of(stage.convolved)));
    }
    stage.out = stage.convolved;
    require_size(stage.out);
    shape_ = stage.out;
    require_window(stage);
    stages_.convolutions.push_back(stage);
  }

  void require_window(const ConvStage& stage) const {
    const int values = (stage.pool - 1) * (stage.padded_width() + 8 + 1) * stage.in.channels;
    if (values <= kMostWindowValues) return;
    fail(
        fmt::format("a pooling window reaches over {} values of the convolution's input of {}; "
                    "at most {} are possible",
                    values, text_of(stage.in), kMostWindowValues));
  }

  void take_pool() {
    if (is_flat()) fail("pooling needs an image, not what a flatten or dense layer gives");
    if (stages_.convolutions.empty()) fail("pooling goes behind a convolution");
    ConvStage& stage = stages_.convolutions.back();
    if (stage.dropout != 0) fail("pooling goes before the dropout");
    stage.pool *= here().size;
    if (here().size < 1 || stage.pool > kMostPool) {
      fail(fmt::format("poolings behind a convolution have 1 to {} pixels a side in all",
                       kMostPool));
    }
    const ImageShape pooled = {shape_.channels, shape_.height / here().size,
                               shape_.width / here().size};
    if (pooled.height < 1 || pooled.width < 1) {
      fail(fmt::format("the window does not fit: it would leave {}", text_of(pooled)));
    }
    require_window(stage);
    shape_ = pooled;
    stage.out = pooled;
    stage.convolved.height = pooled.height * stage.pool;
    stage.convolved.width = pooled.width * stage.pool;
  }

  // The ReLU commutes with max pooling, and with dropout, whose factors are never negative.
  void take_relu() {
    if (!stages_.dense.empty()) {
      stages_.dense.back().relu = true;
    } else if (!stages_.convolutions.empty()) {
      stages_.convolutions.back().relu = true;
    } else {
      fail("a relu goes behind a convolution or a dense layer");
    }
  }

  void take_dropout() {
    if (!(here().rate >= 0 && here().rate < 1)) fail("a dropout rate is at least 0 and below 1");
    if (stages_.dense.empty() && stages_.convolutions.empty()) {
      fail("dropout goes behind a convolution or a dense layer");
    }
    double& dropout =
        stages_.dense.empty() ? stages_.convolutions.back().dropout : stages_.dense.back().dropout;
    if (dropout != 0) fail("two dropouts in a row: write one");
    dropout = here().rate;
  }

  void take_dense() {
    if (here().size < 1) fail("a dense layer has at least 1 unit");
    stages_.dense.push_back(
        {.inputs = inputs(), .outputs = here().size, .relu = false, .dropout = 0});
  }

  const Network& network_;
  ImageShape shape_;
  bool flattened_ = false;
  size_t at_ = 0;
  Stages stages_;
};

}  // namespace

ConvStage image_reader(const Stages& stages) {
  if (!stages.convolutions.empty()) return stages.convolutions.front();
  ConvStage pixels;
  pixels.in = stages.input;
  pixels.kernel = 1;
  pixels.convolved = stages.input;
  pixels.out = stages.input;
  return pixels;
}

Stages stages_of(const Network& network) {
  return StageBuilder(network).build();
}

size_t weight_count(const ConvStage& stage) {
  return (static_cast<size_t>(stage.kernel) * stage.kernel * stage.in.channels + 1) *
         static_cast<size_t>(stage.filters);
}

size_t weight_count(const DenseStage& stage) {
  return (static_cast<size_t>(stage.inputs) + 1) * static_cast<size_t>(stage.outputs);
}

size_t weight_count(const Stages& stages) {
  size_t count = 0;
  for (const ConvStage& stage : stages.convolutions) count += weight_count(stage);
  for (const DenseStage& stage : stages.dense) count += weight_count(stage);
  return count;
}

double forward_operations(const ConvStage& stage) {
  return 2.0 * stage.convolved.height * stage.convolved.width * stage.filters * stage.in.channels *
         stage.kernel * stage.kernel;
}

double forward_operations(const DenseStage& stage) {
  return 2.0 * stage.inputs * stage.outputs;
}

double operations_per_step(const Stages& stages, int batch_size) {
  double operations = 0;
  bool first = true;
  const auto add = [&](double forward) {
    operations += forward * (first ? 2 : 3);
    first = false;
  };
  for (const ConvStage& stage : stages.convolutions) add(forward_operations(stage));
  for (const DenseStage& stage : stages.dense) add(forward_operations(stage));
  return operations * batch_size;
}

}  // namespace sweetspot::train
