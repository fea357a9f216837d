// A small problem for the trainer and its reference: images that can be learnt, networks over them,
// and the masks that a lane's dropout draws.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "reference/network.hpp"
#include "train/lane_block.hpp"
#include "train/stages.hpp"

namespace sweetspot::train {

struct Problem {
  std::vector<uint8_t> pixels;
  std::vector<uint8_t> labels;
  std::vector<reference::Image> reference_images;
  ImageShape shape;
};

// Images that can be learnt: each class has a pattern of its own under noise. Below it a third of
// every second image is blank, as the margins of real ones are.
inline Problem make_problem(const ImageShape& shape, int classes, int count) {
  Problem problem;
  problem.shape = shape;
  std::mt19937 random(7);
  const size_t size = static_cast<size_t>(shape.height * shape.width * shape.channels);
  std::vector<std::vector<int>> patterns;
  for (int c = 0; c < classes; ++c) {
    std::vector<int>& pattern = patterns.emplace_back();
    for (size_t i = 0; i < size; ++i) pattern.push_back(random() % 4 == 0 ? 160 : 0);
  }
  for (int i = 0; i < count; ++i) {
    reference::Image image;
    image.label = static_cast<int>(random() % static_cast<unsigned>(classes));
    problem.labels.push_back(static_cast<uint8_t>(image.label));
    const size_t inked = i % 2 == 0 ? size : size - size / 3;
    for (size_t p = 0; p < size; ++p) {
      const int noise = static_cast<int>(random() % 96);
      const auto value = static_cast<uint8_t>(
          p < inked ? patterns[static_cast<size_t>(image.label)][p] + noise : 0);
      problem.pixels.push_back(value);
      image.pixels.push_back(value / 255.0);
    }
    problem.reference_images.push_back(std::move(image));
  }
  return problem;
}

inline Network test_network(const ImageShape& shape, int classes, int first, int second, int units,
                            double dropout, int kernel = 5, Padding padding = Padding::same) {
  Network network{.input = shape, .classes = classes, .layers = {}};
  for (const int filters : {first, second}) {
    network.layers.push_back(
        {.kind = LayerKind::conv, .size = filters, .kernel = kernel, .padding = padding});
    network.layers.push_back({.kind = LayerKind::relu});
    network.layers.push_back({.kind = LayerKind::maxpool, .size = 2});
  }
  network.layers.push_back({.kind = LayerKind::flatten});
  network.layers.push_back({.kind = LayerKind::dense, .size = units});
  network.layers.push_back({.kind = LayerKind::relu});
  if (dropout > 0) network.layers.push_back({.kind = LayerKind::dropout, .rate = dropout});
  network.layers.push_back({.kind = LayerKind::dense, .size = classes});
  return network;
}

inline double relative_distance(std::span<const double> reference, std::span<const float> ours) {
  double difference = 0;
  double norm = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    difference += std::pow(reference[i] - ours[i], 2);
    norm += std::pow(reference[i], 2);
  }
  return std::sqrt(difference / norm);
}

// The masks that a lane draws, value by value. They are numbered by stage, dense ones first.
inline reference::Kept masks_of(const Network& network, uint64_t seed, uint32_t step) {
  struct Mask {
    uint32_t number = 0;
    int values = 0;  // of an image
    double rate = 0;
  };
  const Stages stages = stages_of(network);
  std::vector<Mask> masks;
  size_t convolutions = 0;
  size_t dense = 0;
  for (const Layer& layer : network.layers) {
    convolutions += layer.kind == LayerKind::conv ? 1 : 0;
    dense += layer.kind == LayerKind::dense ? 1 : 0;
    Mask mask;
    mask.rate = layer.rate;
    if (dense > 0) {
      mask.number = static_cast<uint32_t>(dense - 1);
      mask.values = stages.dense[dense - 1].outputs;
    } else if (convolutions > 0) {
      const ImageShape& out = stages.convolutions[convolutions - 1].out;
      mask.number = static_cast<uint32_t>(stages.dense.size() + convolutions - 1);
      mask.values = out.height * out.width * out.channels;
    }
    masks.push_back(mask);
  }
  return [=](size_t image, size_t layer, int value) {
    const Mask& mask = masks[layer];
    const size_t index = image * static_cast<size_t>(mask.values) + static_cast<size_t>(value);
    const auto words =
        random_words(seed, Purpose::dropout, mask.number, step, static_cast<uint32_t>(index / 8));
    const uint32_t bits = (words[index % 8 / 2] >> (16 * (index % 2))) & 0xFFFFU;
    return bits >= static_cast<uint32_t>(std::lround(mask.rate * 65536));
  };
}

inline LaneRecipe recipe_of(const std::string& optimizer, double rate, Semantics semantics,
                            uint64_t seed) {
  LaneRecipe recipe;
  recipe.optimizer = optimizer_index(optimizer);
  recipe.learning_rate = rate;
  recipe.semantics = semantics;
  recipe.numbers = optimizer_numbers(recipe.optimizer, semantics, {});
  recipe.seed = seed;
  return recipe;
}

}  // namespace sweetspot::train
