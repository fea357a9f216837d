// Convolution (correlation), bias, ReLU, max pooling and dropout of one image, one trial a lane.
#if defined(SWEETSPOT_TRAIN_KERNELS_FORWARD_CONV_FORWARD_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_FORWARD_CONV_FORWARD_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_FORWARD_CONV_FORWARD_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_FORWARD_CONV_FORWARD_INL_HPP
#endif

#include <algorithm>

#include "train/kernels/forward/conv_positions-inl.hpp"
#include "train/kernels/forward/conv_windows-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// `sums` is scratch of plan.sums_floats(); `ink` may be null: every place is convolved.
// rows_of(first, end) gives the padded input's rows from `first` on, before `end`; it is asked from
// top to bottom, and again for each block of filters where the input has several blocks of
// channels. When pooled rows are complete, while they are in the first-level cache,
// rows_done(first, end) is called.
template <class RowsOf, class RowsDone>
HWY_INLINE void conv_forward(const ConvPlan& plan, const float* weights, const float* bias,
                             const OutputFrame& frame, const PooledDropout& dropout, float* pooled,
                             const OriginMaps& origins, const Ink* ink, float* sums,
                             RowsOf&& rows_of, RowsDone&& rows_done) {
  const ConvStage& s = plan.stage;
  const size_t out_pixels = static_cast<size_t>(frame.width) * frame.height;
  const size_t block_weights =
      static_cast<size_t>(s.kernel) * s.kernel * s.in.channels * kChannelBlock * kLanes;
  const auto width = static_cast<size_t>(s.out.width);
  const int blocks = channel_blocks(s.filters);
  const auto run_part = [&](int block, int first, int rows, const float* input) HWY_ATTR {
    with_columns(block_size(s.filters, block), [&]<int C>() HWY_ATTR {
      const int filter = block * kChannelBlock;
      const auto channel = static_cast<size_t>(filter);
      const ForwardPart part = {.first_row = first,
                                .rows = rows,
                                .input = input,
                                .weights = weights + block * block_weights,
                                .bias = bias + channel * kLanes,
                                .ink = ink,
                                .blank = ink != nullptr ? ink->blank + channel * kLanes : nullptr};
      const int out_y = first / s.pool;
      Origin* rows_of_origins = origins.rows;
      if (origins.vertical != nullptr) {
        rows_of_origins =
            origins.vertical +
            (channel * s.out.height + static_cast<size_t>(out_y) * C) * width * kLanes;
      }
      const size_t to =
          channel * out_pixels +
          (static_cast<size_t>(out_y + frame.padding) * frame.width + frame.padding) * C;
      PooledRows out = {.pooled = pooled + to * kLanes,
                        .gap = frame.width - width,
                        .origins = rows_of_origins,
                        .dropout = dropout};
      if (dropout.kept != nullptr) out.dropout.kept += out_y * width * s.filters + channel;
      if constexpr (windows_at_once(C) > 0) {
        if (plan.pools_in_registers()) {
          forward_windows<C>(plan, part, out);
        } else {
          forward_places<C>(plan, part, out, sums);
        }
      } else {
        forward_places<C>(plan, part, out, sums);
      }
      if (origins.vertical == nullptr) {
        for (int y = 0; y < rows / s.pool; ++y) {
          spread_origins<C>(plan, filter, out_y + y, rows_of_origins + y * width * C * kLanes,
                            origins);
        }
      }
      if (block + 1 == blocks) rows_done(out_y, out_y + rows / s.pool);
    });
  };
  // Several blocks of channels have too many weights to read them all again for some rows each.
  const int blocks_at_once = channel_blocks(s.in.channels) == 1 ? blocks : 1;
  for (int first_block = 0; first_block < blocks; first_block += blocks_at_once) {
    for (int first = 0; first < s.convolved.height; first += plan.rows_at_once) {
      const int rows = std::min(plan.rows_at_once, s.convolved.height - first);
      const float* input = rows_of(first, first + rows + s.kernel - 1);
      for (int i = 0; i < blocks_at_once; ++i) run_part(first_block + i, first, rows, input);
    }
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
