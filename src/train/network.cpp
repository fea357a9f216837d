#include "train/network.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/error.hpp"
#include "base/text.hpp"

namespace sweetspot::train {
namespace {

struct NamedNetwork {
  std::string_view name;
  int first_filters;
  int second_filters;
  int dense_units;
  double dropout;
};

// tiny has no dropout: over 15 units it never reaches the experiment's target.
constexpr std::array kNamedNetworks = {NamedNetwork{"tiny", 2, 4, 15, 0.0},
                                       NamedNetwork{"small", 8, 16, 256, 0.4},
                                       NamedNetwork{"tutorial", 32, 64, 1024, 0.4}};

int scaled_filters(int filters, double width) {
  const double scaled = std::floor(filters * width + 0.5);
  if (!(scaled >= 1 && scaled <= 4096)) {
    throw Error(ErrorKind::usage,
                fmt::format("width {}: {} filters become {}; a layer needs 1 to 4096 filters",
                            shortest(width), filters, shortest(scaled)));
  }
  return static_cast<int>(scaled);
}

std::string shape_text(const ImageShape& shape) {
  return fmt::format("{}x{}x{}", shape.height, shape.width, shape.channels);
}

// The trainer keeps where a pooled value came from, a row and a pixel at most, in 16 bits.
constexpr int kMostRowValues = 32000;

// Walks over a network's layers and groups them; keeps the layer's number for messages.
class StageBuilder {
 public:
  explicit StageBuilder(const Network& network) : network_(network), shape_(network.input) {}

  Stages build() {
    while (at_ < network_.layers.size() && here().kind == LayerKind::conv) take_convolution();
    if (stages_.convolutions.empty()) fail("a convolution first");
    if (is(LayerKind::flatten)) ++at_;
    inputs_ = shape_.channels * shape_.height * shape_.width;
    while (at_ < network_.layers.size()) take_dense();
    if (stages_.dense.empty() || stages_.dense.back().outputs != network_.classes ||
        stages_.dense.back().relu || stages_.dense.back().dropout != 0) {
      throw Error(
          ErrorKind::usage,
          fmt::format("model: the last layer must be a dense layer of {} units, one a class",
                      network_.classes));
    }
    return std::move(stages_);
  }

 private:
  const Layer& here() const { return network_.layers[at_]; }
  bool is(LayerKind kind) const { return at_ < network_.layers.size() && here().kind == kind; }

  [[noreturn]] void fail(const std::string& wanted) const {
    throw Error(ErrorKind::usage,
                fmt::format("model layer {}: the trainer wants {} here, on an input of {}", at_ + 1,
                            wanted, shape_text(shape_)));
  }

  void expect(LayerKind kind, const std::string& wanted) {
    if (!is(kind)) fail(wanted);
  }

  void take_convolution() {
    const Layer& conv = here();
    ConvStage stage;
    stage.in = shape_;
    stage.filters = conv.size;
    stage.kernel = conv.kernel;
    if (conv.size < 1) fail("a convolution of at least 1 filter");
    if (conv.kernel < 1 || conv.kernel > 9) fail("a kernel of 1 to 9 pixels");
    if (conv.padding == Padding::same && conv.kernel % 2 == 0) {
      fail("an odd kernel with same padding");
    }
    stage.padding = conv.padding == Padding::same ? conv.kernel / 2 : 0;
    const int shrink = conv.kernel - 1 - 2 * stage.padding;
    stage.convolved = {conv.size, shape_.height - shrink, shape_.width - shrink};
    if (stage.convolved.height < 2 || stage.convolved.width < 2) {
      fail(fmt::format("a kernel that leaves at least 2x2 pixels (it leaves {})",
                       shape_text(stage.convolved)));
    }
    const int reach = (shape_.width + 2 * stage.padding + 2) * shape_.channels;
    if (reach > kMostRowValues) {
      fail(fmt::format(
          "an input row of at most {} values, width x channels with the border (here {})",
          kMostRowValues, reach));
    }
    ++at_;
    expect(LayerKind::relu, "relu after a convolution");
    ++at_;
    expect(LayerKind::maxpool, "maxpool of 2 after a convolution's relu");
    if (here().size != 2) fail("maxpool of 2 after a convolution's relu");
    if (stage.convolved.height % 2 != 0 || stage.convolved.width % 2 != 0) {
      fail(fmt::format("an even image to pool by 2 (the convolution gives {})",
                       shape_text(stage.convolved)));
    }
    stage.out = {conv.size, stage.convolved.height / 2, stage.convolved.width / 2};
    shape_ = stage.out;
    stages_.convolutions.push_back(stage);
    ++at_;
  }

  void take_dense() {
    expect(LayerKind::dense, "dense");
    if (here().size < 1) fail("a dense layer of at least 1 unit");
    DenseStage stage{.inputs = inputs_, .outputs = here().size, .relu = false, .dropout = 0};
    ++at_;
    if (is(LayerKind::relu)) {
      stage.relu = true;
      ++at_;
    }
    if (is(LayerKind::dropout)) {
      if (!stage.relu) fail("relu before dropout");
      stage.dropout = here().rate;
      if (!(stage.dropout >= 0 && stage.dropout < 1)) fail("a dropout rate in [0, 1)");
      ++at_;
    }
    inputs_ = stage.outputs;
    stages_.dense.push_back(stage);
  }

  const Network& network_;
  ImageShape shape_;
  int inputs_ = 0;
  size_t at_ = 0;
  Stages stages_;
};

}  // namespace

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const NamedNetwork& network : kNamedNetworks) names.emplace_back(network.name);
  return names;
}

Network named_network(std::string_view name, double width, const ImageShape& input, int classes) {
  for (const NamedNetwork& known : kNamedNetworks) {
    if (known.name != name) continue;
    Network network{.input = input, .classes = classes, .layers = {}};
    for (const int filters : {known.first_filters, known.second_filters}) {
      network.layers.push_back({.kind = LayerKind::conv,
                                .size = scaled_filters(filters, width),
                                .kernel = 5,
                                .padding = Padding::same});
      network.layers.push_back({.kind = LayerKind::relu});
      network.layers.push_back({.kind = LayerKind::maxpool, .size = 2});
    }
    network.layers.push_back({.kind = LayerKind::flatten});
    network.layers.push_back({.kind = LayerKind::dense, .size = known.dense_units});
    network.layers.push_back({.kind = LayerKind::relu});
    if (known.dropout > 0) {
      network.layers.push_back({.kind = LayerKind::dropout, .rate = known.dropout});
    }
    network.layers.push_back({.kind = LayerKind::dense, .size = classes});
    return network;
  }
  throw Error(ErrorKind::usage, unknown_name("model", name, network_names()));
}

Stages stages_of(const Network& network) {
  return StageBuilder(network).build();
}

size_t weight_count(const Stages& stages) {
  size_t count = 0;
  for (const ConvStage& stage : stages.convolutions) {
    count += static_cast<size_t>(stage.kernel * stage.kernel * stage.in.channels + 1) *
             static_cast<size_t>(stage.filters);
  }
  for (const DenseStage& stage : stages.dense) {
    count += static_cast<size_t>(stage.inputs + 1) * static_cast<size_t>(stage.outputs);
  }
  return count;
}

double operations_per_step(const Stages& stages, int batch_size) {
  double multiply_adds = 0;
  bool first = true;
  for (const ConvStage& stage : stages.convolutions) {
    const double forward = static_cast<double>(stage.convolved.height) * stage.convolved.width *
                           stage.filters * stage.in.channels * stage.kernel * stage.kernel;
    multiply_adds += forward * (first ? 2 : 3);
    first = false;
  }
  for (const DenseStage& stage : stages.dense) {
    multiply_adds += 3.0 * stage.inputs * stage.outputs;
  }
  return 2 * multiply_adds * batch_size;
}

}  // namespace sweetspot::train
