/// \file
/// What is trained: an image classifier as a list of layers. Thread-safety: plain values.
#pragma once

#include <string>
#include <vector>

#include "sweetspot/export.hpp"

namespace sweetspot::train {

struct ImageShape {
  int channels = 1;
  int height = 0;  ///< pixels
  int width = 0;   ///< pixels
  bool operator==(const ImageShape&) const = default;
};

/// "28x28x1": height, width, channels.
SWEETSPOT_API std::string text_of(const ImageShape& shape);

enum class LayerKind { conv, relu, maxpool, flatten, dense, dropout };
enum class Padding { same, valid };

struct Layer {
  LayerKind kind = LayerKind::relu;
  int size = 0;    ///< conv: filters; dense: units; maxpool: window and stride in pixels
  int kernel = 0;  ///< conv: side in pixels; its stride is 1
  Padding padding = Padding::same;  ///< conv
  double rate = 0;                  ///< dropout: the chance to drop a value, in [0, 1)
  bool operator==(const Layer&) const = default;
};

/// "conv 5x5, 32 filters, same padding".
SWEETSPOT_API std::string text_of(const Layer& layer);

struct Network {
  ImageShape input;
  int classes = 0;
  std::vector<Layer> layers;  ///< ends with a dense layer of `classes` units
};

/// The same network with `width` times the filters of each convolution, rounded half up. Throws
/// Error (usage) where that leaves a layer without filters, or with more than 4096.
SWEETSPOT_API Network scaled(Network network, double width);

}  // namespace sweetspot::train
