// Weight gradients of one filter of a convolution stage, in one trial: over the input windows of
// its open places alone, with the vector along a window's row (kx and channel, which lie side by
// side). Direct arithmetic would do four to eight times as much.
//
// A filter's sums are [ky][kx, channel], each row padded to whole vectors.
#if defined(SWEETSPOT_TRAIN_KERNELS_WEIGHT_GRADIENTS_WEIGHT_GRADIENTS_INL_HPP) == \
    defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_WEIGHT_GRADIENTS_WEIGHT_GRADIENTS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_WEIGHT_GRADIENTS_WEIGHT_GRADIENTS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_WEIGHT_GRADIENTS_WEIGHT_GRADIENTS_INL_HPP
#endif

#include <vector>

#include "train/kernels/shared/nonzero_gradients-inl.hpp"
#include "train/kernels/shared/tile_shapes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// A part of R rows x V vectors of the windows. Out of line: inlined into one another such kernels
// run out of registers for their addresses.
template <int R, int V>
HWY_NOINLINE void add_weight_gradients(const OpenPlaceList& open, const float* HWY_RESTRICT input,
                                       size_t input_row, float* HWY_RESTRICT sums,
                                       size_t sums_row) {
  PlaceRow<V> part[R];
  unroll<R>([&](auto r) SWEETSPOT_INLINE_LAMBDA { part[r].load(sums + r * sums_row); });
  const int32_t* HWY_RESTRICT windows = open.windows();
  const float* HWY_RESTRICT gradients = open.gradients();
  const size_t count = open.count();
  for (size_t i = 0; i < count; ++i) {
    const float gradient = gradients[i];
    const float* HWY_RESTRICT row = input + windows[i];
    unroll<R>([&](auto r) SWEETSPOT_INLINE_LAMBDA {
      part[r].add_product(gradient, row);
      row += input_row;
    });
  }
  unroll<R>([&](auto r) SWEETSPOT_INLINE_LAMBDA { part[r].store(sums + r * sums_row); });
}

using WeightKernel = void (*)(const OpenPlaceList&, const float*, size_t, float*, size_t);

// Rows x vectors of a window that are summed in registers at once.
constexpr int kWindowSums = kHas32Registers ? 40 : 10;
constexpr int kMaxWindowRows = 5;

inline WeightKernel weight_kernel(int rows, int vectors) {
  WeightKernel kernel{};
  with_tile_shape<kMaxWindowRows, kWindowSums>(
      rows, vectors, [&]<int R, int V>() { kernel = add_weight_gradients<R, V>; });
  return kernel;
}

struct WeightGradientPlan {
  // A part of the windows: some rows, some vectors of each.
  struct Part {
    WeightKernel kernel;
    size_t input_offset;
    size_t sums_offset;
  };

  size_t input_row = 0;      // values of the lane-major input
  size_t sums_row = 0;       // floats
  size_t filter_floats = 0;  // of sums
  std::vector<Part> parts;

  WeightGradientPlan(const ConvStage& s, size_t lane_input_row) : input_row(lane_input_row) {
    sums_row = round_up_to_places(static_cast<size_t>(s.kernel) * s.in.channels);
    filter_floats = sums_row * s.kernel;
    for_each_tile(s.kernel, static_cast<int>(sums_row / kPlaces), kMaxWindowRows, kWindowSums,
                  [&](const AreaTile& tile) {
                    const size_t along = static_cast<size_t>(tile.vector) * kPlaces;
                    parts.push_back({weight_kernel(tile.rows, tile.vectors),
                                     tile.row * input_row + along, tile.row * sums_row + along});
                  });
  }

  // Adds to one filter's sums.
  HWY_INLINE void add(const OpenPlaceList& open, const float* input, float* sums) const {
    for (const Part& part : parts) {
      part.kernel(open, input + part.input_offset, input_row, sums + part.sums_offset, sums_row);
    }
  }
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
