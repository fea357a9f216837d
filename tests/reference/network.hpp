// The trainer's independent judge: the same networks and optimizers in double precision, written
// straight from their definitions, one image and one number at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sweetspot/network.hpp"

namespace sweetspot::reference {

struct Image {
  std::vector<double> pixels;  // [y][x][channel], divided by 255
  int label = 0;
};

// kept(image in batch, number of the dropout layer in the network, value [y][x][channel]).
using Kept = std::function<bool(size_t image, size_t layer, int value)>;

struct Pass {
  double loss = 0;  // mean over the batch
  int correct = 0;
  std::vector<double> gradient;  // canonical order
};

// Loss and gradient of a batch; weights in canonical order (train/parameter_layout.hpp).
Pass run_batch(const train::Network& network, std::span<const double> weights,
               std::span<const Image> batch, const Kept& kept);

}  // namespace sweetspot::reference
