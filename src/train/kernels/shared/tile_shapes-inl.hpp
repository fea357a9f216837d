// Kernels that hold a tile of rows x vectors in registers are templates over the tile's shape: how
// an area is cut into tiles, and which instance a run-time shape needs.
#if defined(SWEETSPOT_TRAIN_KERNELS_SHARED_TILE_SHAPES_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_SHARED_TILE_SHAPES_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_SHARED_TILE_SHAPES_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_SHARED_TILE_SHAPES_INL_HPP
#endif

#include <algorithm>
#include <utility>

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// A part of an area: first row and vector, and how many of each.
struct AreaTile {
  int row;
  int vector;
  int rows;
  int vectors;
};

// Calls function(tile) for tiles of at most `most_rows` rows and `most_sums` vectors in all, of
// like widths, that cover rows x vectors.
template <class Function>
void for_each_tile(int rows, int vectors, int most_rows, int most_sums, Function&& function) {
  const int pieces = (vectors + most_sums - 1) / most_sums;
  const int width = (vectors + pieces - 1) / pieces;
  const int height = std::min(most_rows, most_sums / width);
  for (int row = 0; row < rows; row += height) {
    for (int vector = 0; vector < vectors; vector += width) {
      function(
          AreaTile{row, vector, std::min(height, rows - row), std::min(width, vectors - vector)});
    }
  }
}

// Calls function<R, V>() for a run-time shape of at most MostRows rows and MostSums vectors in all.
template <int MostRows, int MostSums, class Function>
void with_tile_shape(int rows, int vectors, Function&& function) {
  const auto try_vectors = [&]<int R, int... V>(std::integer_sequence<int, V...>) {
    ((vectors == V + 1 ? function.template operator()<R, V + 1>() : void()), ...);
  };
  const auto try_rows = [&]<int... R>(std::integer_sequence<int, R...>) {
    ((rows == R + 1 ? try_vectors.template operator()<R + 1>(
                          std::make_integer_sequence<int, MostSums / (R + 1)>())
                    : void()),
     ...);
  };
  try_rows(std::make_integer_sequence<int, MostRows>());
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
