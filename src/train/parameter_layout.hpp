// Where each weight of a network lies in the trainer's storage, which is blocked for its kernels,
// and its place in the canonical order that snapshots, tests and initial weights use: layer by
// layer, kernels as TensorFlow stores them ([ky][kx][channel][filter], [input][unit], a dense layer
// behind a convolution taking its inputs as [y][x][channel]), then biases.
// Thread-safety: immutable after construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "train/stages.hpp"

namespace sweetspot::train {

// Offsets count places of one weight; the kernels multiply them by the lanes.
struct ConvParameters {
  size_t kernel = 0;
  size_t kernel_size = 0;
  size_t bias = 0;
};

struct DenseParameters {
  size_t kernel = 0;
  size_t block_stride = 0;  // between blocks of 4 outputs; odd tails avoid cache-set aliasing
  size_t bias = 0;
};

class ParameterLayout {
 public:
  static constexpr uint32_t kNoWeight = std::numeric_limits<uint32_t>::max();

  explicit ParameterLayout(const Stages& stages);

  size_t storage_size() const { return canonical_of_.size(); }
  size_t weight_count() const { return limits_.size(); }
  const ConvParameters& convolution(size_t stage) const { return convolutions_[stage]; }
  const DenseParameters& dense(size_t stage) const { return dense_[stage]; }

  // Canonical index of each storage place, kNoWeight for padding.
  const std::vector<uint32_t>& canonical_of() const { return canonical_of_; }

  // One trial's initial weights in canonical order: glorot-uniform kernels (Glorot and Bengio,
  // AISTATS 2010), zero biases; a function of the seed alone.
  std::vector<float> initial_weights(uint64_t seed) const;

 private:
  void add_convolution(const ConvStage& stage, size_t& canonical);
  void add_dense(const DenseStage& stage, const std::vector<uint32_t>& input_order,
                 size_t& canonical);
  void add_limits(size_t kernel, double limit, size_t biases);

  std::vector<ConvParameters> convolutions_;
  std::vector<DenseParameters> dense_;
  std::vector<uint32_t> canonical_of_;
  std::vector<float> limits_;  // of each weight in canonical order; 0 for biases
};

// Canonical index ([y][x][channel]) of each place of an image stored in blocks of 4 channels.
std::vector<uint32_t> blocked_image_order(const ImageShape& shape);

}  // namespace sweetspot::train
