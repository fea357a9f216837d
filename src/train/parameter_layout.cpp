#include "train/parameter_layout.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.hpp"

namespace sweetspot::train {
namespace {

constexpr int kBlock = 4;

}  // namespace

std::vector<uint32_t> blocked_image_order(const ImageShape& shape) {
  std::vector<uint32_t> order;
  for (int first = 0; first < shape.channels; first += kBlock) {
    const int last = std::min(first + kBlock, shape.channels);
    for (int y = 0; y < shape.height; ++y) {
      for (int x = 0; x < shape.width; ++x) {
        for (int channel = first; channel < last; ++channel) {
          order.push_back(static_cast<uint32_t>((y * shape.width + x) * shape.channels + channel));
        }
      }
    }
  }
  return order;
}

ParameterLayout::ParameterLayout(const Stages& stages) {
  size_t canonical = 0;
  for (const ConvStage& stage : stages.convolutions) add_convolution(stage, canonical);
  std::vector<uint32_t> inputs = blocked_image_order(stages.features());
  for (const DenseStage& stage : stages.dense) {
    add_dense(stage, inputs, canonical);
    inputs.resize(static_cast<size_t>(stage.outputs));
    std::iota(inputs.begin(), inputs.end(), 0U);
  }
}

void ParameterLayout::add_limits(size_t kernel, double limit, size_t biases) {
  limits_.insert(limits_.end(), kernel, static_cast<float>(limit));
  limits_.insert(limits_.end(), biases, 0.0F);
}

void ParameterLayout::add_convolution(const ConvStage& stage, size_t& canonical) {
  const int channels = stage.in.channels;
  const int kernel = stage.kernel;
  ConvParameters parameters;
  parameters.kernel = canonical_of_.size();
  for (int filters = 0; filters < stage.filters; filters += kBlock) {
    for (int block = 0; block < channels; block += kBlock) {
      for (int tap = 0; tap < kernel * kernel; ++tap) {
        for (int c = block; c < std::min(block + kBlock, channels); ++c) {
          for (int f = filters; f < std::min(filters + kBlock, stage.filters); ++f) {
            const int index = (tap * channels + c) * stage.filters + f;
            canonical_of_.push_back(static_cast<uint32_t>(canonical) +
                                    static_cast<uint32_t>(index));
          }
        }
      }
    }
  }
  parameters.kernel_size = canonical_of_.size() - parameters.kernel;
  canonical += parameters.kernel_size;
  parameters.bias = canonical_of_.size();
  for (int f = 0; f < stage.filters; ++f) {
    canonical_of_.push_back(static_cast<uint32_t>(canonical++));
  }
  const double fans = static_cast<double>(kernel) * kernel * (channels + stage.filters);
  add_limits(parameters.kernel_size, std::sqrt(6 / fans), static_cast<size_t>(stage.filters));
  convolutions_.push_back(parameters);
}

void ParameterLayout::add_dense(const DenseStage& stage, const std::vector<uint32_t>& input_order,
                                size_t& canonical) {
  DenseParameters parameters;
  parameters.kernel = canonical_of_.size();
  // 16 weights are 512 bytes in 8 lanes, and 1 KiB in 16: neighbouring blocks then start in
  // different cache sets.
  constexpr size_t kSetWeights = 128;
  constexpr size_t kShift = 16;
  const size_t block_weights = static_cast<size_t>(stage.inputs) * kBlock;
  parameters.block_stride = block_weights;
  if (block_weights >= kSetWeights) {
    while (parameters.block_stride % kSetWeights != kShift) ++parameters.block_stride;
  }
  for (int block = 0; block < stage.outputs; block += kBlock) {
    const int last = std::min(block + kBlock, stage.outputs);
    for (const uint32_t input : input_order) {
      for (int output = block; output < last; ++output) {
        const size_t index = static_cast<size_t>(input) * static_cast<size_t>(stage.outputs);
        canonical_of_.push_back(
            static_cast<uint32_t>(canonical + index + static_cast<size_t>(output)));
      }
    }
    const size_t end =
        parameters.kernel + static_cast<size_t>(block / kBlock + 1) * parameters.block_stride;
    canonical_of_.resize(end, kNoWeight);
  }
  const size_t kernel_size = static_cast<size_t>(stage.inputs) * static_cast<size_t>(stage.outputs);
  canonical += kernel_size;
  parameters.bias = canonical_of_.size();
  for (int output = 0; output < stage.outputs; ++output) {
    canonical_of_.push_back(static_cast<uint32_t>(canonical++));
  }
  const double fans = static_cast<double>(stage.inputs) + stage.outputs;
  add_limits(kernel_size, std::sqrt(6 / fans), static_cast<size_t>(stage.outputs));
  dense_.push_back(parameters);
}

std::vector<float> ParameterLayout::initial_weights(uint64_t seed) const {
  std::vector<float> weights(limits_.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    if (limits_[i] == 0) continue;
    const auto words =
        random_words(seed, Purpose::initial_weights, 0, 0, static_cast<uint32_t>(i / 4));
    const auto unit = (static_cast<float>(words[i % 4] >> 8) + 0.5F) * 0x1p-24F;
    weights[i] = limits_[i] * (2 * unit - 1);
  }
  return weights;
}

}  // namespace sweetspot::train
