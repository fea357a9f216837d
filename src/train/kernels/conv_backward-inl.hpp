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

#include <utility>
#include <vector>

#include "train/kernels/conv_forward-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// The places of one filter, in one trial, whose gradient is not zero.
struct OpenPlaces {
  const uint32_t* windows;  // offset of each place's input window, floats
  const float* gradients;
  size_t count;
};

// Rows x vectors of a window that are summed in registers at once.
constexpr int kWindowSums = 10;
constexpr int kMaxWindowRows = 5;

// Kernels over a part of R rows x V vectors of the windows. They are kept out of line: inlined into
// one another they run out of registers for their addresses.
template <int R, int V>
HWY_NOINLINE void add_weight_gradients(const OpenPlaces& places, const float* HWY_RESTRICT input,
                                       size_t input_row, float* HWY_RESTRICT sums,
                                       size_t filter_row) {
  LaneVector part[R][V];
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) part[r][v] = load(sums + r * filter_row + v * kLanes);
  }
  const uint32_t* HWY_RESTRICT windows = places.windows;
  const float* HWY_RESTRICT gradients = places.gradients;
  const size_t count = places.count;
  for (size_t i = 0; i < count; ++i) {
    const LaneVector gradient = hn::Set(kLaneTag, gradients[i]);
    const float* HWY_RESTRICT row = input + windows[i];
    for (int r = 0; r < R; ++r) {
      for (int v = 0; v < V; ++v) {
        part[r][v] = hn::MulAdd(gradient, hn::LoadU(kLaneTag, row + v * kLanes), part[r][v]);
      }
      row += input_row;
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) store(part[r][v], sums + r * filter_row + v * kLanes);
  }
}

template <int R, int V>
HWY_INLINE void add_window(float gradient_value, const float* HWY_RESTRICT filter,
                           size_t filter_row, float* HWY_RESTRICT window, size_t input_row) {
  const LaneVector gradient = hn::Set(kLaneTag, gradient_value);
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) {
      float* at = window + v * kLanes;
      hn::StoreU(hn::MulAdd(gradient, load(filter + v * kLanes), hn::LoadU(kLaneTag, at)), kLaneTag,
                 at);
    }
    window += input_row;
    filter += filter_row;
  }
}

// Lanes whose inputs and gradients are walked over together: those of small networks then fit into
// the first-level cache.
constexpr size_t kLaneGroup = 2;

// A filter as input gradients need it: a copy for each place that a window can start at within a
// vector, moved by as much. The gradients are then read and written by whole vectors: on their
// natural addresses nearly half of the stores would cross a cache line.
struct MovedFilters {
  const float* first;   // of the group's first lane
  size_t lane_stride;   // floats
  size_t copy_stride;   // floats
  unsigned move_shift;  // the copies are 2^move_shift floats apart
  size_t row;           // floats
};

// A group of lanes of one filter, by turns: the windows of neighbouring places overlap, and a load
// would wait for the store before it.
template <int R, int V>
HWY_NOINLINE void add_input_gradients(const OpenPlaces (&open)[kLaneGroup],
                                      const MovedFilters& filters,
                                      float* HWY_RESTRICT input_gradients, size_t input_row,
                                      size_t input_stride) {
  const size_t filter_row = filters.row;
  const size_t copy_stride = filters.copy_stride;
  const size_t lane_stride = filters.lane_stride;
  const unsigned move_shift = filters.move_shift;
  const float* HWY_RESTRICT first_filter = filters.first;
  size_t longest = 0;
  for (const OpenPlaces& lane : open) longest = lane.count > longest ? lane.count : longest;
  for (size_t i = 0; i < longest; ++i) {
    for (size_t lane = 0; lane < kLaneGroup; ++lane) {
      if (i >= open[lane].count) continue;
      const LaneVector gradient = hn::Set(kLaneTag, open[lane].gradients[i]);
      const size_t window = open[lane].windows[i];
      const size_t move = window % kLanes;
      const float* HWY_RESTRICT filter =
          first_filter + lane * lane_stride + (move >> move_shift) * copy_stride;
      float* HWY_RESTRICT at = input_gradients + lane * input_stride + (window - move);
      for (int r = 0; r < R; ++r) {
        for (int v = 0; v < V; ++v) {
          float* to = at + v * kLanes;
          store(hn::MulAdd(gradient, load(filter + v * kLanes), load(to)), to);
        }
        at += input_row;
        filter += filter_row;
      }
    }
  }
}

struct WindowKernels {
  void (*weights)(const OpenPlaces&, const float*, size_t, float*, size_t);
  void (*inputs)(const OpenPlaces (&)[kLaneGroup], const MovedFilters&, float*, size_t, size_t);
};

// The kernels for a part of rows x vectors, at most kWindowSums in all.
inline WindowKernels window_kernels(int rows, int vectors) {
  WindowKernels kernels{};
  const auto try_vectors = [&]<int R, size_t... V>(std::index_sequence<V...>) {
    ((vectors == static_cast<int>(V) + 1
          ? void(kernels = {add_weight_gradients<R, V + 1>, add_input_gradients<R, V + 1>})
          : void()),
     ...);
  };
  switch (rows) {
    case 1:
      try_vectors.template operator()<1>(std::make_index_sequence<10>());
      break;
    case 2:
      try_vectors.template operator()<2>(std::make_index_sequence<5>());
      break;
    case 3:
      try_vectors.template operator()<3>(std::make_index_sequence<3>());
      break;
    case 4:
      try_vectors.template operator()<4>(std::make_index_sequence<2>());
      break;
    default:
      try_vectors.template operator()<5>(std::make_index_sequence<2>());
      break;
  }
  return kernels;
}

// A part of the windows: some rows, some vectors of each.
struct WindowPart {
  WindowKernels kernels;
  size_t input_offset;   // floats
  size_t filter_offset;  // floats
};

// Splits `rows` x `row_vectors` into parts; strides in floats.
inline std::vector<WindowPart> window_parts(int rows, int row_vectors, size_t input_row,
                                            size_t filter_row) {
  const int pieces = (row_vectors + kWindowSums - 1) / kWindowSums;
  const int vectors = (row_vectors + pieces - 1) / pieces;
  const int at_once = pieces > 1 ? 1 : std::min(kMaxWindowRows, kWindowSums / vectors);
  std::vector<WindowPart> parts;
  for (int row = 0; row < rows; row += at_once) {
    for (int vector = 0; vector < row_vectors; vector += vectors) {
      const size_t along = static_cast<size_t>(vector) * kLanes;
      parts.push_back(
          {window_kernels(std::min(at_once, rows - row), std::min(vectors, row_vectors - vector)),
           row * input_row + along, row * filter_row + along});
    }
  }
  return parts;
}

// Where the gradients of one filter's pooled outputs lie; strides and offsets in floats.
struct GradientSource {
  const float* base;
  size_t lane_stride;
  size_t column_stride;  // from a pooled place to the one on its right
  size_t row_stride;
};

// Floats of one row of a trial's padded input. Rows of images are as Images has them; others are
// whole vectors.
inline size_t lane_row(const ConvStage& s, bool is_image) {
  const size_t row = (s.in.width + 2 * static_cast<size_t>(s.padding)) * s.in.channels;
  return is_image ? row : (row + kLanes - 1) / kLanes * kLanes;
}

struct ConvGradientPlan {
  ConvStage stage;
  size_t input_row = 0;    // floats
  size_t lane_floats = 0;  // one trial's padded input, with room to read past its end
  size_t filter_row = 0;   // floats, of weight sums
  size_t filter_floats = 0;
  size_t moved_row = 0;  // floats, of filters that are moved within a vector
  size_t moved_floats = 0;
  unsigned move_shift = 0;
  size_t copies = 0;
  std::vector<WindowPart> weight_parts;
  std::vector<WindowPart> input_parts;

  ConvGradientPlan(const ConvStage& s, bool is_image) : stage(s), input_row(lane_row(s, is_image)) {
    const auto height = static_cast<size_t>(s.in.height + 2 * s.padding);
    lane_floats = (input_row * height + kLanes - 1) / kLanes * kLanes + 2 * kLanes;
    const size_t used = static_cast<size_t>(s.kernel) * s.in.channels;
    while (move_shift < 3 && s.in.channels % (2 << move_shift) == 0) ++move_shift;
    copies = kLanes >> move_shift;
    const size_t farthest = kLanes - (size_t{1} << move_shift);
    filter_row = (used + kLanes - 1) / kLanes * kLanes;
    filter_floats = filter_row * s.kernel;
    moved_row = (used + farthest + kLanes - 1) / kLanes * kLanes;
    moved_floats = moved_row * s.kernel;
    weight_parts =
        window_parts(s.kernel, static_cast<int>(filter_row / kLanes), input_row, filter_row);
    input_parts =
        window_parts(s.kernel, static_cast<int>(moved_row / kLanes), input_row, moved_row);
  }

  size_t places() const { return static_cast<size_t>(stage.out.height) * stage.out.width; }
};

// Room for the lists of one filter's open places in every lane.
class OpenPlaceLists {
 public:
  explicit OpenPlaceLists(size_t places)
      : stride_(places + kLanes), windows_(stride_ * kLanes), gradients_(stride_ * kLanes) {}
  uint32_t* windows(size_t lane) { return windows_.data() + lane * stride_; }
  float* gradients(size_t lane) { return gradients_.data() + lane * stride_; }

 private:
  size_t stride_;
  std::vector<uint32_t> windows_;
  std::vector<float> gradients_;
};

// Lists the open places of one filter in the two lanes of a group, from `lane` on; `origins` is
// that lane's value at the first place. Two lanes share the loop's own work.
HWY_NOINLINE void list_open_places(const ConvGradientPlan& plan, const Origin* HWY_RESTRICT origins,
                                   size_t origin_stride, const GradientSource& source, size_t lane,
                                   OpenPlaceLists& lists, OpenPlaces (&open)[kLaneGroup]) {
  static_assert(kLaneGroup == 2);
  uint32_t* HWY_RESTRICT windows0 = lists.windows(lane);
  uint32_t* HWY_RESTRICT windows1 = lists.windows(lane + 1);
  float* HWY_RESTRICT gradients0 = lists.gradients(lane);
  float* HWY_RESTRICT gradients1 = lists.gradients(lane + 1);
  const int width = plan.stage.out.width;
  const auto window_step = static_cast<uint32_t>(2 * plan.stage.in.channels);
  const size_t column_stride = source.column_stride;
  const size_t lane_stride = source.lane_stride;
  const float* HWY_RESTRICT row = source.base + lane * lane_stride;
  uint32_t row_window = 0;
  size_t count0 = 0;
  size_t count1 = 0;
  for (int y = 0; y < plan.stage.out.height; ++y) {
    const float* HWY_RESTRICT gradient = row;
    uint32_t window = row_window;
    for (int x = 0; x < width; ++x) {
      const int origin0 = origins[0];
      const int origin1 = origins[1];
      windows0[count0] = window + static_cast<uint32_t>(origin0);
      windows1[count1] = window + static_cast<uint32_t>(origin1);
      gradients0[count0] = gradient[0];
      gradients1[count1] = gradient[lane_stride];
      count0 += origin0 >= 0 ? 1 : 0;
      count1 += origin1 >= 0 ? 1 : 0;
      origins += origin_stride;
      gradient += column_stride;
      window += window_step;
    }
    row += source.row_stride;
    row_window += static_cast<uint32_t>(2 * plan.input_row);
  }
  open[0] = {windows0, gradients0, count0};
  open[1] = {windows1, gradients1, count1};
}

// In a fixed order, whatever the vector width: partial sums by index modulo 8, then pairwise.
HWY_INLINE float sum_of(float* gradients, size_t count) {
  hn::StoreU(hn::Zero(kLaneTag), kLaneTag, gradients + count);
  LaneVector partial = hn::Zero(kLaneTag);
  for (size_t i = 0; i < count; i += kLanes) {
    partial = hn::Add(partial, hn::LoadU(kLaneTag, gradients + i));
  }
  HWY_ALIGN float sums[kLanes];
  store(partial, sums);
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

// input_of(lane) gives a lane's padded input, source_of(filter) the filter's GradientSource.
// moved_weights: [lane][filter][copy][ky][kx, channel]; weight_sums: [lane][filter][ky][kx,
// channel]; input_gradients: [lane] or null.
template <class InputOf, class SourceOf>
HWY_INLINE void conv_backward(const ConvGradientPlan& plan, InputOf&& input_of,
                              const Origin* origins, SourceOf&& source_of,
                              const float* moved_weights, float* weight_sums, float* bias_sums,
                              float* input_gradients, OpenPlaceLists& lists) {
  const ConvStage& s = plan.stage;
  const size_t places = plan.places();
  const size_t lane_filters = plan.filter_floats * s.filters;
  for (size_t first = 0; first < kLanes; first += kLaneGroup) {
    const float* inputs[kLaneGroup];
    for (size_t i = 0; i < kLaneGroup; ++i) inputs[i] = input_of(first + i);
    for (int filter = 0; filter < s.filters; ++filter) {
      const int block = filter / kChannelBlock;
      const size_t origin_stride = static_cast<size_t>(block_size(s.filters, block)) * kLanes;
      const Origin* filter_origins =
          origins +
          (static_cast<size_t>(block) * kChannelBlock * places + filter % kChannelBlock) * kLanes;
      const GradientSource source = source_of(filter);
      OpenPlaces open[kLaneGroup];
      list_open_places(plan, filter_origins + first, origin_stride, source, first, lists, open);
      for (size_t i = 0; i < kLaneGroup; ++i) {
        bias_sums[static_cast<size_t>(filter) * kLanes + first + i] +=
            sum_of(lists.gradients(first + i), open[i].count);
      }
      const size_t sums_at = first * lane_filters + plan.filter_floats * filter;
      for (const WindowPart& part : plan.weight_parts) {
        for (size_t i = 0; i < kLaneGroup; ++i) {
          part.kernels.weights(open[i], inputs[i] + part.input_offset, plan.input_row,
                               weight_sums + sums_at + i * lane_filters + part.filter_offset,
                               plan.filter_row);
        }
      }
      if (input_gradients == nullptr) continue;
      const size_t filter_copies = plan.moved_floats * plan.copies;
      const size_t lane_copies = filter_copies * s.filters;
      for (const WindowPart& part : plan.input_parts) {
        part.kernels.inputs(open,
                            {.first = moved_weights + first * lane_copies + filter_copies * filter +
                                      part.filter_offset,
                             .lane_stride = lane_copies,
                             .copy_stride = plan.moved_floats,
                             .move_shift = plan.move_shift,
                             .row = plan.moved_row},
                            input_gradients + first * plan.lane_floats + part.input_offset,
                            plan.input_row, plan.lane_floats);
      }
    }
  }
}

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
