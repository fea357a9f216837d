// The one inner loop of convolution and dense layers: a tile of P rows x C columns of sums kept in
// registers. With 16 vector registers the tile is 12 sums, the shorter side's operands, and one
// register that streams the other side's.
#if defined(SWEETSPOT_TRAIN_KERNELS_SHARED_MULTIPLY_TILE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_SHARED_MULTIPLY_TILE_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_SHARED_MULTIPLY_TILE_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_SHARED_MULTIPLY_TILE_INL_HPP
#endif

#include "train/kernels/shared/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// Rows of a tile that go with `columns` columns: twelve sums in all, or twice as many where there
// are twice the registers. Narrow tiles stay: each row needs an address, and those have no more
// registers.
constexpr int tile_rows(int columns) {
  return (kHas32Registers && columns > 2 ? 24 : 12) / columns;
}

// The reduction runs over outer x inner terms. Strides are in floats.
struct Reduction {
  size_t outer;
  size_t inner;
  size_t left_inner_stride;
  size_t left_outer_stride;
  size_t right_inner_stride;
  size_t right_outer_stride;
};

template <int P, int C>
struct Tile {
  LaneVector sums[P][C];

  HWY_INLINE void set_zero() {
    unroll<P>([&](auto p) SWEETSPOT_INLINE_LAMBDA {
      unroll<C>([&](auto c) SWEETSPOT_INLINE_LAMBDA { sums[p][c] = hn::Zero(kLaneTag); });
    });
  }

  // row_of(p) gives the C vectors that row p starts with.
  template <class RowOf>
  HWY_INLINE void load_rows(const RowOf& row_of) {
    unroll<P>([&](auto p) SWEETSPOT_INLINE_LAMBDA {
      const float* row = row_of(p);
      unroll<C>([&](auto c) SWEETSPOT_INLINE_LAMBDA { sums[p][c] = load(row + c * kLanes); });
    });
  }

  // Stores the first `rows` rows, `row_stride` floats apart.
  HWY_INLINE void store_rows(float* HWY_RESTRICT to, size_t row_stride, int rows) const {
    unroll<P>([&](auto p) SWEETSPOT_INLINE_LAMBDA {
      if (p >= rows) return;
      unroll<C>([&](auto c) SWEETSPOT_INLINE_LAMBDA {
        store(sums[p][c], to + p * row_stride + c * kLanes);
      });
    });
  }

  // Stores row p at row_of(p).
  template <class RowOf>
  HWY_INLINE void store_rows_to(const RowOf& row_of) const {
    unroll<P>([&](auto p) SWEETSPOT_INLINE_LAMBDA {
      float* row = row_of(p);
      unroll<C>([&](auto c) SWEETSPOT_INLINE_LAMBDA { store(sums[p][c], row + c * kLanes); });
    });
  }

  // sums[p][c] += sum over the reduction of left[p] * right[c]; `column_stride` floats lie between
  // the columns of `right`.
  HWY_INLINE void add_products(const float* (&left)[P], const float* HWY_RESTRICT right,
                               size_t column_stride, const Reduction& r) {
    for (size_t outer = 0; outer < r.outer; ++outer) {
      const float* HWY_RESTRICT column = right;
      size_t at = 0;
      for (size_t inner = 0; inner < r.inner; ++inner) {
        if constexpr (P <= C) {
          LaneVector rows[P];
          unroll<P>([&](auto p) SWEETSPOT_INLINE_LAMBDA {
            rows[p] = load(left[p] + at);
            keep_in_register(rows[p]);
          });
          unroll<C>([&](auto c) SWEETSPOT_INLINE_LAMBDA {
            LaneVector one = load(column + c * column_stride);
            keep_in_register(one);
            unroll<P>([&](auto p) SWEETSPOT_INLINE_LAMBDA {
              sums[p][c] = hn::MulAdd(rows[p], one, sums[p][c]);
            });
          });
        } else {
          LaneVector columns[C];
          unroll<C>([&](auto c) SWEETSPOT_INLINE_LAMBDA {
            columns[c] = load(column + c * column_stride);
            keep_in_register(columns[c]);
          });
          unroll<P>([&](auto p) SWEETSPOT_INLINE_LAMBDA {
            LaneVector one = load(left[p] + at);
            keep_in_register(one);
            unroll<C>([&](auto c) SWEETSPOT_INLINE_LAMBDA {
              sums[p][c] = hn::MulAdd(one, columns[c], sums[p][c]);
            });
          });
        }
        at += r.left_inner_stride;
        column += r.right_inner_stride;
      }
      unroll<P>([&](auto p) SWEETSPOT_INLINE_LAMBDA { left[p] += r.left_outer_stride; });
      right += r.right_outer_stride;
    }
  }
};

// Calls function<C>() for a run-time number of columns from 1 to 4.
template <class Function>
HWY_INLINE void with_columns(int columns, Function&& function) {
  switch (columns) {
    case 1:
      return function.template operator()<1>();
    case 2:
      return function.template operator()<2>();
    case 3:
      return function.template operator()<3>();
    default:
      return function.template operator()<4>();
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
