// A network's layers grouped into the stages that the trainer has kernels for. Thread-safety: plain
// values and pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "sweetspot/network.hpp"

namespace sweetspot::train {

// One convolution with what follows it, as the trainer runs it: correlation, bias, ReLU, max
// pooling with a stride of its window, dropout.
struct ConvStage {
  ImageShape in;
  int filters = 0;
  int kernel = 0;   // pixels
  int padding = 0;  // zero pixels above the input and on its left
  int padding_after =
      0;  // and below and on the right: one more where an even kernel keeps the size
  bool relu = true;
  int pool = 1;          // pixels; 1: none
  double dropout = 0;    // of what pooling leaves
  ImageShape convolved;  // what pooling sees: a rest that fills no window is left out
  ImageShape out;        // after pooling

  int padded_width() const { return in.width + padding + padding_after; }
  int padded_height() const { return in.height + padding + padding_after; }
};

// One dense layer with what follows it.
struct DenseStage {
  int inputs = 0;
  int outputs = 0;
  bool relu = false;
  double dropout = 0;  // of the outputs, after the ReLU
};

// What a layer gives: an image, or a row of values as its channels.
struct LayerOutput {
  ImageShape shape;
  bool is_flat = false;
};

struct Stages {
  ImageShape input;
  std::vector<LayerOutput> outputs;     // of each layer of the network
  std::vector<ConvStage> convolutions;  // none where the first dense layer sees the pixels
  std::vector<DenseStage> dense;        // at least one; the last gives the logits

  // What the first dense layer sees.
  const ImageShape& features() const {
    return convolutions.empty() ? input : convolutions.back().out;
  }
};

// What reads the image: the first convolution, or a dense layer, which takes each pixel for itself.
ConvStage image_reader(const Stages& stages);

// Layers come as convolutions first, then dense layers. A ReLU, a max pooling and a dropout may
// follow a convolution, dropout behind the pooling; a ReLU and a dropout a dense layer. Several
// poolings in a row are one. Throws Error (usage) that names the layer's number and the shapes that
// do not fit.
Stages stages_of(const Network& network);

// Trainable numbers, biases included.
size_t weight_count(const ConvStage& stage);
size_t weight_count(const DenseStage& stage);
size_t weight_count(const Stages& stages);

// Floating-point operations (a multiply-add is two) of one training step over `batch_size` images
// by direct arithmetic: forward, gradients of inputs (not of the image) and weights.
double operations_per_step(const Stages& stages, int batch_size);

// The same of one stage, for the forward pass over one image.
double forward_operations(const ConvStage& stage);
double forward_operations(const DenseStage& stage);

}  // namespace sweetspot::train
