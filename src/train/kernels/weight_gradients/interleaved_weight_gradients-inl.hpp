// Weight gradients of a convolution stage whose windows are narrow, all lanes together: the vector
// goes over the trials and not along a window's row, which would not fill it. Behind a 2 x 2
// pooling a place's window begins at one of four pixels, in each trial at another: so each pixel is
// chosen out of four, first by column, then by row. Every sum has the terms of
// weight_gradients/weight_gradients-inl.hpp in the same order, with zeros between them where a
// lane's place is closed, and comes out the same to the bit.
//
// Sums are [filter][channel][ky][kx][lane].
#if defined(SWEETSPOT_TRAIN_KERNELS_WEIGHT_GRADIENTS_INTERLEAVED_WEIGHT_GRADIENTS_INL_HPP) == \
    defined(HWY_TARGET_TOGGLE)
#ifdef SWEETSPOT_TRAIN_KERNELS_WEIGHT_GRADIENTS_INTERLEAVED_WEIGHT_GRADIENTS_INL_HPP
#undef SWEETSPOT_TRAIN_KERNELS_WEIGHT_GRADIENTS_INTERLEAVED_WEIGHT_GRADIENTS_INL_HPP
#else
#define SWEETSPOT_TRAIN_KERNELS_WEIGHT_GRADIENTS_INTERLEAVED_WEIGHT_GRADIENTS_INL_HPP
#endif

#include <algorithm>
#include <utility>

#include "base/aligned_buffer.hpp"
#include "train/kernels/shared/conv_plan-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

// A kernel's sums of one channel stay in registers; with sixteen there is no room for any.
constexpr int kMostVerticalKernel = kHas32Registers ? 5 : 0;
// More weights of a filter than these, and a window's rows fill the vectors of one trial.
constexpr int kMostVerticalWeights = 50;

// Which pixel of a 2 x 2 window an origin names; no matter which where it is closed.
class PoolingWindow {
 public:
  PoolingWindow() = default;
  // Channels of the input, at most four; `lane_row`: floats of a row of a lane-major input, whole
  // vectors of places.
  PoolingWindow(int channels, size_t lane_row)
      : right_bit_(static_cast<Origin>(channels & -channels)),
        right_(static_cast<Origin>(channels)) {
    HWY_DASSERT(channels < static_cast<int>(kPlaces) && lane_row % kPlaces == 0);
  }

  template <class Tag>
  HWY_INLINE hn::Mask<Tag> is_right(Tag tag, hn::Vec<Tag> origin) const {
    return hn::TestBit(origin, hn::Set(tag, right_bit_));
  }
  template <class Tag>
  HWY_INLINE hn::Mask<Tag> is_down(Tag tag, hn::Vec<Tag> origin) const {
    return hn::Gt(origin, hn::Set(tag, right_));
  }

 private:
  Origin right_bit_ = 0;  // set in the second column's origins alone
  Origin right_ = 0;      // the second column's in the first row
};

// The gradients of one place in all lanes, which a dropout multiplied by `scale`; zero where
// closed.
HWY_INLINE LaneVector open_gradient(const float* from, float scale, LaneIntVector origin) {
  LaneVector gradient = load(from);
  if (scale != 1) gradient = hn::Mul(gradient, hn::Set(kLaneTag, scale));
  const auto open = hn::Gt(origin, hn::Set(kLaneIntTag, kClosed));
  return hn::IfThenElseZero(hn::RebindMask(kLaneTag, open), gradient);
}

// What the kernel reads of one filter in some rows of pooled places, of all lanes.
struct VerticalPlaces {
  int width;
  int rows;
  const float* input;      // the first place's window, [y][x][channel][lane]
  size_t input_row;        // floats
  const float* gradients;  // of the pooled outputs
  float scale;             // what dropout multiplied these by
  const Origin* origins;
  size_t place_stride;  // of `gradients` and `origins`, values
  PoolingWindow window;
};

// Adds to one channel's sums; where kWithBias, also all places' gradients to `bias`, by place
// modulo 8, [place][lane].
template <int K, int C, bool kWithBias>
HWY_NOINLINE void add_vertical_gradients(const VerticalPlaces& places, int channel,
                                         float* HWY_RESTRICT sums_of_channel,
                                         float* HWY_RESTRICT bias) {
  constexpr size_t kPixel = static_cast<size_t>(C) * kLanes;
  const hn::FixedTag<Origin, kLanes> origin_tag;
  const PoolingWindow pooling = places.window;
  LaneVector sums[K * K];
  unroll<K * K>([&](auto i)
                    SWEETSPOT_INLINE_LAMBDA { sums[i] = load(sums_of_channel + i * kLanes); });
  const float* HWY_RESTRICT gradients = places.gradients;
  const Origin* HWY_RESTRICT origins = places.origins;
  for (int y = 0; y < places.rows; ++y) {
    const float* HWY_RESTRICT window = places.input + 2 * y * places.input_row + channel * kLanes;
    for (int x = 0; x < places.width; ++x) {
      const auto origin = hn::PromoteTo(kLaneIntTag, hn::Load(origin_tag, origins));
      const LaneVector gradient = open_gradient(gradients, places.scale, origin);
      if constexpr (kWithBias) {
        float* sum = bias + static_cast<size_t>(x) % kPlaces * kLanes;
        store(hn::Add(load(sum), gradient), sum);
      }
      const auto is_down = hn::RebindMask(kLaneTag, pooling.is_down(kLaneIntTag, origin));
      const auto is_right = hn::RebindMask(kLaneTag, pooling.is_right(kLaneIntTag, origin));
      unroll<K>([&](auto dx) SWEETSPOT_INLINE_LAMBDA {
        const float* HWY_RESTRICT pixel = window + dx * kPixel;
        const auto of_row = [&](size_t row) SWEETSPOT_INLINE_LAMBDA {
          const float* HWY_RESTRICT from = pixel + row * places.input_row;
          return hn::IfThenElse(is_right, load(from + kPixel), load(from));
        };
        LaneVector above = of_row(0);
        unroll<K>([&](auto dy) SWEETSPOT_INLINE_LAMBDA {
          const LaneVector below = of_row(dy + 1);
          LaneVector& sum = sums[dy * K + dx];
          sum = hn::MulAdd(gradient, hn::IfThenElse(is_down, below, above), sum);
          above = below;
        });
      });
      window += 2 * kPixel;
      gradients += places.place_stride;
      origins += places.place_stride;
    }
  }
  unroll<K * K>([&](auto i)
                    SWEETSPOT_INLINE_LAMBDA { store(sums[i], sums_of_channel + i * kLanes); });
}

using VerticalKernel = void (*)(const VerticalPlaces&, int, float*, float*);

// For one channel of a window, with the bias and without.
struct VerticalKernels {
  VerticalKernel with_bias = nullptr;
  VerticalKernel without = nullptr;
};

inline VerticalKernels vertical_kernels(int kernel, int channels) {
  VerticalKernels kernels;
  const auto try_window = [&]<int K, int C>() {
    if constexpr (K * K * C <= kMostVerticalWeights) {
      if (K != kernel || C != channels) return;
      kernels = {add_vertical_gradients<K, C, true>, add_vertical_gradients<K, C, false>};
    }
  };
  const auto try_channels = [&]<int K, int... C>(std::integer_sequence<int, C...>) {
    (try_window.template operator()<K, C + 1>(), ...);
  };
  [&]<int... K>(std::integer_sequence<int, K...>) {
    (try_channels.template operator()<K + 1>(std::make_integer_sequence<int, kChannelBlock>()),
     ...);
  }
  (std::make_integer_sequence<int, kMostVerticalKernel>());
  return kernels;
}

// Of a network's last convolution stage, whose outputs' gradients come from the dense layers for
// all lanes together.
class VerticalWeightGradients {
 public:
  // Whether they are faster so, where the stage needs input gradients, too.
  static bool suits(const ConvStage& s) {
    return s.pool == 2 && vertical_kernels(s.kernel, s.in.channels).without != nullptr;
  }

  // `lane_row`: floats of a row of a lane-major input, as origins have them.
  VerticalWeightGradients(const ConvStage& s, size_t lane_row, size_t images_at_once)
      : stage_(s),
        kernels_(vertical_kernels(s.kernel, s.in.channels)),
        window_(s.in.channels, lane_row),
        image_origins_(static_cast<size_t>(s.out.height) * s.out.width * s.filters * kLanes),
        origins_(images_at_once * image_origins_ + kLanes * kLanes),
        sums_(static_cast<size_t>(s.filters) * s.in.channels * kernel_sums()),
        bias_sums_(static_cast<size_t>(s.filters) * kLanes),
        place_sums_(bias_sums_.size() * kPlaces) {
    const size_t row = static_cast<size_t>(s.padded_width()) * kLanes * sizeof(float);
    const auto most = static_cast<int>(kFirstLevelRows / row);
    rows_at_once_ = std::clamp((most - s.kernel + 1) / s.pool, 1, s.out.height);
  }

  // Before the first add() of a batch.
  void clear() {
    std::fill_n(sums_.data(), sums_.size(), 0.0F);
    std::fill_n(bias_sums_.data(), bias_sums_.size(), 0.0F);
  }

  // Where the forward pass leaves an image's: [block of filters][y][x][filter][lane].
  Origin* origins(size_t image) { return origins_.data() + image * image_origins_; }

  // Adds those of one image: `input` is padded, [y][x][channel][lane]; `gradients` of the outputs,
  // [block of filters][y][x][filter][lane], which a dropout multiplied by `scale`.
  HWY_INLINE void add(size_t image, const float* input, const float* gradients, float scale) {
    std::fill_n(place_sums_.data(), place_sums_.size(), 0.0F);
    for (int first = 0; first < stage_.out.height; first += rows_at_once_) {
      for (int channel = 0; channel < stage_.in.channels; ++channel) {
        for (int filter = 0; filter < stage_.filters; ++filter) {
          const VerticalKernel kernel = channel == 0 ? kernels_.with_bias : kernels_.without;
          kernel(places_of(filter, first, input, gradients, origins(image), scale), channel,
                 sums_.data() + sums_at(filter, channel),
                 place_sums_.data() + static_cast<size_t>(filter) * kPlaces * kLanes);
        }
      }
    }
    add_bias_sums();
  }

  // Of the batch, one a lane. in_row: the offset in the kernel's row, kx and channel.
  const float* weight_sums(size_t filter, size_t ky, size_t in_row) const {
    const auto channels = static_cast<size_t>(stage_.in.channels);
    return sums_.data() + sums_at(filter, in_row % channels) +
           (ky * stage_.kernel + in_row / channels) * kLanes;
  }
  const float* bias_sums(size_t filter) const { return bias_sums_.data() + filter * kLanes; }

  double bytes() const {
    return 2.0 * static_cast<double>(origins_.size()) +
           4.0 * static_cast<double>(sums_.size() + bias_sums_.size() + place_sums_.size());
  }

 private:
  size_t kernel_sums() const { return static_cast<size_t>(stage_.kernel) * stage_.kernel * kLanes; }
  size_t sums_at(size_t filter, size_t channel) const {
    return (filter * stage_.in.channels + channel) * kernel_sums();
  }

  // Of some rows of an image from `first` on, as many as go at once.
  VerticalPlaces places_of(int filter, int first, const float* input, const float* gradients,
                           const Origin* origins, float scale) const {
    const ConvStage& s = stage_;
    const int block = filter / kChannelBlock;
    const auto in_block = static_cast<size_t>(block_size(s.filters, block));
    const auto width = static_cast<size_t>(s.out.width);
    const size_t of_block = static_cast<size_t>(block) * kChannelBlock * s.out.height * width;
    const size_t at =
        (of_block + first * width * in_block + static_cast<size_t>(filter % kChannelBlock)) *
        kLanes;
    const size_t input_row = static_cast<size_t>(s.padded_width()) * s.in.channels * kLanes;
    return {.width = s.out.width,
            .rows = std::min(rows_at_once_, s.out.height - first),
            .input = input + s.pool * first * input_row,
            .input_row = input_row,
            .gradients = gradients + at,
            .scale = scale,
            .origins = origins + at,
            .place_stride = in_block * kLanes,
            .window = window_};
  }

  // In the order of OpenPlaceList::add.
  void add_bias_sums() {
    for (int filter = 0; filter < stage_.filters; ++filter) {
      const float* from = place_sums_.data() + static_cast<size_t>(filter) * kPlaces * kLanes;
      const auto pair = [&](size_t place) SWEETSPOT_INLINE_LAMBDA {
        return hn::Add(load(from + place * kLanes), load(from + (place + 4) * kLanes));
      };
      const LaneVector image = hn::Add(hn::Add(pair(0), pair(2)), hn::Add(pair(1), pair(3)));
      float* sum = bias_sums_.data() + filter * kLanes;
      store(hn::Add(load(sum), image), sum);
    }
  }

  ConvStage stage_;
  VerticalKernels kernels_;
  PoolingWindow window_;
  int rows_at_once_ = 1;  // of places, whose input stays in the first-level cache
  size_t image_origins_;
  AlignedBuffer<Origin> origins_;    // [image], and what TrialPlaces may read behind them
  AlignedBuffer<float> sums_;        // [filter][channel][ky][kx][lane]
  AlignedBuffer<float> bias_sums_;   // [filter][lane]
  AlignedBuffer<float> place_sums_;  // of an image's gradients: [filter][place modulo 8][lane]
};

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
