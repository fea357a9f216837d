// What is trained: an image classifier as a list of layers, and the named networks of the
// experiment. Thread-safety: plain values and pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sweetspot::train {

struct ImageShape {
  int channels = 1;
  int height = 0;  // pixels
  int width = 0;   // pixels
  bool operator==(const ImageShape&) const = default;
};

enum class LayerKind { conv, relu, maxpool, flatten, dense, dropout };
enum class Padding { same, valid };

struct Layer {
  LayerKind kind = LayerKind::relu;
  int size = 0;    // conv: filters; dense: units; maxpool: window and stride in pixels
  int kernel = 0;  // conv: side in pixels
  Padding padding = Padding::same;  // conv
  double rate = 0;                  // dropout: the chance to drop a value, in [0, 1)
  bool operator==(const Layer&) const = default;
};

struct Network {
  ImageShape input;
  int classes = 0;
  std::vector<Layer> layers;  // ends with a dense layer of `classes` units
};

// The names that named_network knows: tiny, small, tutorial.
std::vector<std::string> network_names();

// Two 5x5 convolutions with ReLU and 2x2 max pooling, a dense layer with ReLU and dropout, and the
// outputs. `width` scales the filters of both convolutions (rounded half up), not the dense layer.
// Throws Error (usage) for an unknown name, or a width that rounds a layer to nothing.
Network named_network(std::string_view name, double width, const ImageShape& input, int classes);

// One convolution with what follows it, as the trainer runs it: correlation, bias, ReLU, 2x2 max
// pooling with stride 2.
struct ConvStage {
  ImageShape in;
  int filters = 0;
  int kernel = 0;   // pixels
  int padding = 0;  // zero pixels on each side of the input
  ImageShape convolved;
  ImageShape out;  // after pooling
};

// One dense layer with what follows it.
struct DenseStage {
  int inputs = 0;
  int outputs = 0;
  bool relu = false;
  double dropout = 0;  // of the outputs, after the ReLU
};

// The layers grouped into the stages that the trainer has kernels for.
struct Stages {
  std::vector<ConvStage> convolutions;  // at least one
  std::vector<DenseStage> dense;        // at least one; the last gives the logits
};

// Throws Error (usage) that names the layer's number and the shape which does not fit.
Stages stages_of(const Network& network);

// Trainable numbers, biases included.
size_t weight_count(const Stages& stages);

// Floating-point operations (a multiply-add is two) of one training step over `batch_size` images
// by direct arithmetic: forward, gradients of inputs (not of the image) and weights.
double operations_per_step(const Stages& stages, int batch_size);

}  // namespace sweetspot::train
