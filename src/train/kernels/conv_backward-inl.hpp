// Gradients of a convolution stage for one image. Behind a 2x2 pooling at most one of four
// convolved places has a gradient, and behind the ReLU many have none, but which ones differs by
// trial. So this kernel works trial by trial: it lists the places of a filter that have a gradient
// and runs over the input windows of those alone, with the vector along a window's row (kx and
// channel, which lie side by side). Direct arithmetic would do four to eight times as much.
//
// Tensors here are lane-major: one trial's padded input is [y][x][channel]; a filter's weights are
// [ky][kx, channel], each row padded to whole vectors.
#if defined(SWEETSPOT_TRAIN_KERNELS_CONV_BACKWARD_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_CONV_BACKWARD_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_CONV_BACKWARD_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_CONV_BACKWARD_INL_HPP
#endif

#include <array>
#include <utility>
#include <vector>

#include "train/kernels/conv_forward-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// The places of one filter, in one trial, whose gradient is not zero.
struct OpenPlaces {
  std::vector<uint32_t> windows;  // offset of the place's input window, floats
  std::vector<float> gradients;
  size_t count = 0;
};

// Rows x vectors of a window that are summed in registers at once.
constexpr int kWindowSums = 10;
constexpr int kMaxWindowRows = 5;

struct WindowPart {
  int rows;
  int vectors;
  size_t input_offset;   // floats
  size_t filter_offset;  // floats
};

template <int R, int V>
HWY_INLINE void add_weight_gradients(const OpenPlaces& places, const float* HWY_RESTRICT input,
                                     size_t input_row, float* HWY_RESTRICT sums,
                                     size_t filter_row) {
  LaneVector part[R][V];
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) part[r][v] = load(sums + r * filter_row + v * kLanes);
  }
  for (size_t i = 0; i < places.count; ++i) {
    const LaneVector gradient = hn::Set(kLaneTag, places.gradients[i]);
    const float* window = input + places.windows[i];
    for (int r = 0; r < R; ++r) {
      for (int v = 0; v < V; ++v) {
        part[r][v] = hn::MulAdd(
            gradient, hn::LoadU(kLaneTag, window + r * input_row + v * kLanes), part[r][v]);
      }
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) store(part[r][v], sums + r * filter_row + v * kLanes);
  }
}

template <int R, int V>
HWY_INLINE void add_input_gradients(const OpenPlaces& places, size_t first, size_t last,
                                    const float* HWY_RESTRICT filter, size_t filter_row,
                                    float* HWY_RESTRICT input_gradients, size_t input_row) {
  for (size_t i = first; i < last; ++i) {
    const LaneVector gradient = hn::Set(kLaneTag, places.gradients[i]);
    float* window = input_gradients + places.windows[i];
    for (int r = 0; r < R; ++r) {
      for (int v = 0; v < V; ++v) {
        float* at = window + r * input_row + v * kLanes;
        hn::StoreU(hn::MulAdd(gradient, load(filter + r * filter_row + v * kLanes),
                              hn::LoadU(kLaneTag, at)),
                   kLaneTag, at);
      }
    }
  }
}

// Calls function<R, V>() for a part's run-time size.
template <class Function>
HWY_INLINE void with_part(const WindowPart& part, Function&& function) {
  const auto with_vectors = [&]<int R, size_t... V>(std::index_sequence<V...>) HWY_ATTR {
    ((part.vectors == static_cast<int>(V) + 1
          ? function.template operator()<R, static_cast<int>(V) + 1>()
          : void()),
     ...);
  };
  switch (part.rows) {
    case 1: return with_vectors.template operator()<1>(std::make_index_sequence<10>());
    case 2: return with_vectors.template operator()<2>(std::make_index_sequence<5>());
    case 3: return with_vectors.template operator()<3>(std::make_index_sequence<3>());
    case 4: return with_vectors.template operator()<4>(std::make_index_sequence<2>());
    default: return with_vectors.template operator()<5>(std::make_index_sequence<2>());
  }
}

// Where the gradients of one filter's pooled outputs lie; strides and offsets in floats.
struct GradientSource {
  const float* base;
  size_t lane_stride;
  const uint32_t* places;  // offset of each pooled place
};

struct ConvGradientPlan {
  ConvStage stage;
  size_t lane_floats = 0;    // one trial's padded input, with room to read past its end
  size_t input_row = 0;      // floats
  size_t filter_row = 0;     // floats
  size_t filter_floats = 0;
  std::vector<uint32_t> windows;           // of each pooled place: its top left convolved place
  std::array<uint32_t, 5> origin_offsets;  // indexed by what conv_forward wrote to origins
  std::vector<WindowPart> parts;

  explicit ConvGradientPlan(const ConvStage& s) : stage(s) {
    const auto channels = static_cast<size_t>(s.in.channels);
    const size_t width = s.in.width + 2 * static_cast<size_t>(s.padding);
    const size_t height = s.in.height + 2 * static_cast<size_t>(s.padding);
    input_row = width * channels;
    lane_floats = (input_row * height + kLanes - 1) / kLanes * kLanes + kLanes;
    const int row_vectors = (s.kernel * s.in.channels + 7) / 8;
    filter_row = static_cast<size_t>(row_vectors) * kLanes;
    filter_floats = filter_row * s.kernel;
    for (int y = 0; y < s.out.height; ++y) {
      for (int x = 0; x < s.out.width; ++x) {
        windows.push_back(static_cast<uint32_t>((2 * y * width + 2 * x) * channels));
      }
    }
    const auto right = static_cast<uint32_t>(channels);
    const auto down = static_cast<uint32_t>(input_row);
    origin_offsets = {0, right, down, down + right, 0};
    add_parts(row_vectors);
  }

  bool is_small() const { return filter_floats / kLanes <= 2 * kWindowSums; }

 private:
  void add_parts(int row_vectors) {
    const int pieces = (row_vectors + kWindowSums - 1) / kWindowSums;
    const int vectors = (row_vectors + pieces - 1) / pieces;
    const int rows = pieces > 1 ? 1 : std::min(kMaxWindowRows, kWindowSums / vectors);
    for (int row = 0; row < stage.kernel; row += rows) {
      for (int vector = 0; vector < row_vectors; vector += vectors) {
        const size_t along = static_cast<size_t>(vector) * kLanes;
        parts.push_back({std::min(rows, stage.kernel - row),
                         std::min(vectors, row_vectors - vector), row * input_row + along,
                         row * filter_row + along});
      }
    }
  }
};

// Lists the open places of one filter for every lane and adds their gradients to bias_sums[lane].
HWY_INLINE void list_open_places(const ConvGradientPlan& plan, const GradientSource& source,
                                 const uint8_t* origins, size_t origin_stride, OpenPlaces (&open)[kLanes], float* bias_sums) {
  const size_t places = plan.windows.size();
  for (size_t lane = 0; lane < kLanes; ++lane) {
    const float* HWY_RESTRICT from = source.base + lane * source.lane_stride;
    const uint8_t* HWY_RESTRICT origin_of = origins + lane;
    uint32_t* HWY_RESTRICT windows = open[lane].windows.data();
    float* HWY_RESTRICT gradients = open[lane].gradients.data();
    size_t count = 0;
    for (size_t place = 0; place < places; ++place) {
      const uint8_t origin = origin_of[place * origin_stride];
      windows[count] = plan.windows[place] + plan.origin_offsets[origin];
      gradients[count] = from[source.places[place]];
      count += origin != kClosed ? 1 : 0;
    }
    open[lane].count = count;
    float sum = bias_sums[lane];
    for (size_t i = 0; i < count; ++i) sum += gradients[i];
    bias_sums[lane] = sum;
  }
}

// source_of(filter) gives the filter's GradientSource.
// weights, weight_sums: [lane][filter][ky][kx, channel]; input_gradients: [lane] or null.
template <class SourceOf>
HWY_INLINE void conv_backward(const ConvGradientPlan& plan, const float* const (&inputs)[kLanes],
                              const uint8_t* origins, SourceOf&& source_of, const float* weights,
                              float* weight_sums, float* bias_sums, float* input_gradients,
                              OpenPlaces (&open)[kLanes]) {
  const ConvStage& s = plan.stage;
  const size_t places = plan.windows.size();
  const size_t lane_filters = plan.filter_floats * s.filters;
  for (int filter = 0; filter < s.filters; ++filter) {
    const int block = filter / kChannelBlock;
    const auto in_block = static_cast<size_t>(block_size(s.filters, block));
    const uint8_t* filter_origins =
        origins + (static_cast<size_t>(block) * kChannelBlock * places + filter % kChannelBlock) *
                      kLanes;
    list_open_places(plan, source_of(filter), filter_origins, in_block * kLanes, open,
                     bias_sums + static_cast<size_t>(filter) * kLanes);
    const size_t filter_at = plan.filter_floats * filter;
    for (const WindowPart& part : plan.parts) {
      with_part(part, [&]<int R, int V>() HWY_ATTR {
        for (size_t lane = 0; lane < kLanes; ++lane) {
          add_weight_gradients<R, V>(
              open[lane], inputs[lane] + part.input_offset, plan.input_row,
              weight_sums + lane * lane_filters + filter_at + part.filter_offset, plan.filter_row);
        }
        if (input_gradients == nullptr) return;
        const auto add = [&](size_t lane, size_t first, size_t last) HWY_ATTR {
          add_input_gradients<R, V>(
              open[lane], first, last,
              weights + lane * lane_filters + filter_at + part.filter_offset, plan.filter_row,
              input_gradients + lane * plan.lane_floats + part.input_offset, plan.input_row);
        };
        if (plan.is_small()) {
          // Windows of neighbouring places overlap by part of a vector, which stalls the load on
          // the store before it: so the trials take turns.
          size_t longest = 0;
          for (const OpenPlaces& lane : open) longest = std::max(longest, lane.count);
          for (size_t i = 0; i < longest; ++i) {
            for (size_t lane = 0; lane < kLanes; ++lane) {
              if (i < open[lane].count) add(lane, i, i + 1);
            }
          }
        } else {
          for (size_t lane = 0; lane < kLanes; ++lane) add(lane, 0, open[lane].count);
        }
      });
    }
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
