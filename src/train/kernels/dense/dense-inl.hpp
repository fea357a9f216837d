// The three kernels of a dense layer over a whole batch, one trial a lane. Tensors:
//   inputs, outputs and their gradients  [image][unit][lane], `stride` floats an image
//   weights                              [block of 4 outputs][input][output in block][lane],
//                                        `weight_block_stride` floats a block
#if defined(SWEETSPOT_TRAIN_KERNELS_DENSE_DENSE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_DENSE_DENSE_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_DENSE_DENSE_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_DENSE_DENSE_INL_HPP
#endif

#include <algorithm>

#include "train/kernels/shared/multiply_tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

struct DenseShape {
  int images;
  int inputs;
  int outputs;
  size_t input_stride;
  size_t output_stride;
  size_t weight_block_stride;
};

// The forward pass and the input gradients are products whose sides are larger than the caches.
// What some images have of some terms stays in the first-level cache while a panel of weights,
// which stays in the second-level cache, passes by. Terms come in their order whatever the sizes
// are, so that the sums do not depend on them.
constexpr int kTerms = 48;          // of a sum, at once
constexpr int kTilesOfImages = 2;   // tiles, one below the other, that use a weight at once
constexpr int kPanelColumns = 256;  // of weights that go with kTerms terms

// Calls function(first, count) for stretches of at most `most` of `all`.
template <class Function>
HWY_INLINE void for_each_stretch(int all, int most, Function&& function) {
  for (int first = 0; first < all; first += most) function(first, std::min(most, all - first));
}

// outputs = inputs x weights + bias; bias [output][lane].
HWY_INLINE void dense_forward(const DenseShape& s, const float* inputs, const float* weights,
                              const float* bias, float* outputs) {
  const auto add_block = [&](int block, int first, int terms, int first_image,
                             int images) HWY_ATTR {
    with_columns(block_size(s.outputs, block), [&]<int C>() HWY_ATTR {
      constexpr int P = tile_rows(C);
      const Reduction reduction = {1, static_cast<size_t>(terms), kLanes, 0, C * kLanes, 0};
      const float* block_weights =
          weights + block * s.weight_block_stride + static_cast<size_t>(first) * C * kLanes;
      const size_t unit = static_cast<size_t>(block) * kChannelBlock * kLanes;
      for_each_stretch(images, P, [&](int at, int rows) SWEETSPOT_INLINE_LAMBDA {
        const int image = first_image + at;
        float* out = outputs + image * s.output_stride + unit;
        Tile<P, C> tile;
        // Rows past the last image repeat it, and their sums go nowhere.
        const float* left[P];
        for (int p = 0; p < P; ++p) {
          left[p] = inputs + (image + std::min(p, rows - 1)) * s.input_stride +
                    static_cast<size_t>(first) * kLanes;
        }
        tile.load_rows([&](int p) SWEETSPOT_INLINE_LAMBDA {
          return first == 0 ? bias + unit : out + std::min(p, rows - 1) * s.output_stride;
        });
        tile.add_products(left, block_weights, kLanes, reduction);
        tile.store_rows(out, s.output_stride, rows);
      });
    });
  };
  constexpr int kPanel = kPanelColumns / kChannelBlock;
  constexpr int kImages = kTilesOfImages * tile_rows(kChannelBlock);
  for_each_stretch(channel_blocks(s.outputs), kPanel, [&](int panel, int blocks) HWY_ATTR {
    for_each_stretch(s.inputs, kTerms, [&](int first, int terms) HWY_ATTR {
      for_each_stretch(s.images, kImages, [&](int image, int images) HWY_ATTR {
        for (int block = panel; block < panel + blocks; ++block) {
          add_block(block, first, terms, image, images);
        }
      });
    });
  });
}

// input_gradients = output_gradients x transposed weights.
HWY_INLINE void dense_input_gradients(const DenseShape& s, const float* output_gradients,
                                      const float* weights, float* input_gradients) {
  // Full blocks of outputs; the block that is not full goes with the last of them.
  const int full = s.outputs / kChannelBlock;
  const auto rest = static_cast<size_t>(s.outputs % kChannelBlock);
  const auto add_inputs = [&](int input, int inputs, int first, int blocks, int first_image,
                              int images) HWY_ATTR {
    const bool with_rest = rest > 0 && first + blocks == full;
    with_columns(inputs, [&]<int C>() HWY_ATTR {
      constexpr int P = tile_rows(C);
      constexpr size_t kBlockLine = static_cast<size_t>(kChannelBlock) * kLanes;
      const Reduction of_full = {
          static_cast<size_t>(blocks), kChannelBlock, kLanes, kBlockLine, kLanes,
          s.weight_block_stride};
      const Reduction of_rest = {1, rest, kLanes, 0, kLanes, 0};
      const float* right = weights + first * s.weight_block_stride + input * kBlockLine;
      const float* right_rest = weights + full * s.weight_block_stride + input * rest * kLanes;
      for_each_stretch(images, P, [&](int at, int rows) SWEETSPOT_INLINE_LAMBDA {
        const int image = first_image + at;
        float* out = input_gradients + image * s.input_stride + static_cast<size_t>(input) * kLanes;
        Tile<P, C> tile;
        const float* left[P];
        for (int p = 0; p < P; ++p) {
          left[p] = output_gradients + (image + std::min(p, rows - 1)) * s.output_stride +
                    static_cast<size_t>(first) * kBlockLine;
        }
        if (first == 0) {
          tile.set_zero();
        } else {
          tile.load_rows([&](int p) SWEETSPOT_INLINE_LAMBDA {
            return out + std::min(p, rows - 1) * s.input_stride;
          });
        }
        tile.add_products(left, right, kBlockLine, of_full);
        if (with_rest) tile.add_products(left, right_rest, rest * kLanes, of_rest);
        tile.store_rows(out, s.input_stride, rows);
      });
    });
  };
  constexpr int kBlocks = kTerms / kChannelBlock;
  constexpr int kImages = kTilesOfImages * tile_rows(kChannelBlock);
  for_each_stretch(s.inputs, kPanelColumns, [&](int panel, int inputs) HWY_ATTR {
    for (int first = 0; first == 0 || first < full; first += kBlocks) {
      const int blocks = std::min(kBlocks, full - first);
      for_each_stretch(s.images, kImages, [&](int image, int images) HWY_ATTR {
        for_each_stretch(inputs, kChannelBlock, [&](int input, int count) HWY_ATTR {
          add_inputs(panel + input, count, first, blocks, image, images);
        });
      });
    }
  });
}

// Calls update(first weight in storage order, gradients, vectors) for each stretch of weights,
// as soon as its gradients are summed and still in the cache.
template <class Update>
HWY_INLINE void dense_weight_gradients(const DenseShape& s, const float* inputs,
                                       const float* output_gradients, Update&& update) {
  constexpr int kInputs = 24;
  HWY_ALIGN float gradients[(kInputs + 12) * kChannelBlock * kLanes];
  for (int first = 0; first < s.inputs; first += kInputs) {
    const int chunk = std::min(kInputs, s.inputs - first);
    for (int block = 0; block < channel_blocks(s.outputs); ++block) {
      with_columns(block_size(s.outputs, block), [&]<int C>() HWY_ATTR {
        constexpr int P = tile_rows(C);
        const Reduction reduction = {
            1, static_cast<size_t>(s.images), s.input_stride, 0, s.output_stride, 0};
        for (int input = 0; input < chunk; input += P) {
          Tile<P, C> tile;
          tile.set_zero();
          const float* left[P];
          for (int p = 0; p < P; ++p) {
            left[p] = inputs + static_cast<size_t>(first + std::min(input + p, chunk - 1)) * kLanes;
          }
          tile.add_products(left,
                            output_gradients + static_cast<size_t>(block) * kChannelBlock * kLanes,
                            kLanes, reduction);
          tile.store_rows(gradients + static_cast<size_t>(input) * C * kLanes, C * kLanes, P);
        }
        update(block * (s.weight_block_stride / kLanes) + static_cast<size_t>(first) * C, gradients,
               static_cast<size_t>(chunk) * C);
      });
    }
  }
}

// bias_gradients [output][lane] = output_gradients summed over the batch.
HWY_INLINE void dense_bias_gradients(const DenseShape& s, const float* output_gradients,
                                     float* bias_gradients) {
  for (int unit = 0; unit < s.outputs; ++unit) {
    LaneVector sum = hn::Zero(kLaneTag);
    for (int image = 0; image < s.images; ++image) {
      sum = hn::Add(sum, load(output_gradients + image * s.output_stride +
                              static_cast<size_t>(unit) * kLanes));
    }
    store(sum, bias_gradients + static_cast<size_t>(unit) * kLanes);
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
