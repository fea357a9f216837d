// The trainer's kernels one by one (Google Benchmark): GFLOP/s by direct arithmetic, and the share
// of the FMA peak that is measured between its iterations on the same core. A share above 100 % is
// arithmetic that was not done: behind pooling and ReLU the gradient kernels skip places without a
// gradient.
//   kernels [--8-lanes] [Google Benchmark's flags]
// --8-lanes: AVX2's kernels on a processor with AVX-512.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>

#include "base/aligned_buffer.hpp"
#include "bench/kernel_bench.hpp"
#include "models/named_models.hpp"
#include "sweetspot/network.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
#include "train/kernels/conv_work-inl.hpp"
#include "train/kernels/dense/dense-inl.hpp"
#include "train/kernels/input_gradients/trial_positions-inl.hpp"
#include "train/stages.hpp"
#endif

HWY_BEFORE_NAMESPACE();
namespace sweetspot::train::HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

void fill(AlignedBuffer<float>& values, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> between(-1, 1);
  for (size_t i = 0; i < values.size(); ++i) values[i] = between(random);
}

// Twelve independent chains of multiply-adds in registers.
constexpr int kPeakRounds = 1000;
constexpr double kPeakOperations = 2.0 * 12 * kLanes * kPeakRounds;
void peak_loop() {
  const LaneVector factor = hn::Set(kLaneTag, 0.5F);
  const LaneVector term = hn::Set(kLaneTag, 0.25F);
  LaneVector total = hn::Zero(kLaneTag);
  LaneVector sums[12];
  unroll<12>([&](auto i) SWEETSPOT_INLINE_LAMBDA { sums[i] = hn::Set(kLaneTag, 1.0F); });
  for (int round = 0; round < kPeakRounds; ++round) {
    unroll<12>([&](auto i) SWEETSPOT_INLINE_LAMBDA {
      sums[i] = hn::MulAdd(sums[i], factor, term);
      keep_in_register(sums[i]);
    });
  }
  unroll<12>([&](auto i) SWEETSPOT_INLINE_LAMBDA { total = hn::Add(total, sums[i]); });
  benchmark::DoNotOptimize(total);
}

// Times function(), which does `operations` floating-point operations.
template <class Function>
void measure(benchmark::State& state, double operations, const Function& function) {
  PeakBeside peak(peak_loop, kPeakOperations, operations);
  for (auto _ : state) {
    function();
    benchmark::ClobberMemory();
    peak.after_iteration(state);
  }
  peak.report(state);
}

void fma_peak(benchmark::State& state) {
  measure(state, kPeakOperations, peak_loop);
}

// The second convolution of a named network, forward on one image of each lane, backward on as many
// as training takes at once, the weight gradients of all lanes together where training does so.
struct SecondConvolution {
  ConvStage stage;
  ConvPlan forward;
  ConvGradientPlan backward;
  size_t map;
  size_t lane_weights;
  AlignedBuffer<float> padded, weights, bias, pooled, sums, lane_inputs, moved, weight_sums, dx;
  AlignedBuffer<float> gradients, bias_sums, vertical_gradients;
  AlignedBuffer<Origin> origins, origin_rows;
  OpenPlaceList open;
  std::optional<VerticalWeightGradients> vertical;
  TrialPlaces places;  // for `vertical`

  explicit SecondConvolution(const ConvStage& s)
      : stage(s),
        forward(s, static_cast<int>(lane_row(s, false))),
        backward(s, false),
        map(place_map(s.out)),
        lane_weights(backward.inputs->weights_floats()),
        padded(kImagesTogether * padded_values()),
        weights(static_cast<size_t>(s.kernel) * s.kernel * s.in.channels * s.filters * kLanes),
        bias(s.filters * kLanes),
        pooled(static_cast<size_t>(s.out.width) * s.out.height * s.filters * kLanes),
        sums(forward.sums_floats()),
        lane_inputs(kImagesTogether * kLanes * backward.lane_floats),
        moved(kLanes * lane_weights),
        weight_sums(kLanes * backward.weights.filter_floats * s.filters),
        dx(kImagesTogether * backward.input_gradient_floats()),
        gradients(kImagesTogether * map * s.filters * kLanes),
        bias_sums(s.filters * kLanes),
        vertical_gradients(kImagesTogether * pooled.size()),
        origins(kImagesTogether * map * s.filters * kLanes),
        origin_rows(forward.origin_rows_size()),
        open(kImagesTogether * map) {
    if (suits_vertical(backward)) {
      vertical.emplace(s, backward.input_row, kImagesTogether);
      places = TrialPlaces(s, kImagesTogether, *backward.inputs, backward.input_row);
    }
    for (auto* buffer :
         {&padded, &weights, &bias, &lane_inputs, &moved, &gradients, &vertical_gradients}) {
      fill(*buffer, 1);
    }
    for (size_t image = 0; image < kImagesTogether; ++image) run_forward(image);
  }

  size_t padded_values() const { return forward.padded_pixels() * stage.in.channels * kLanes; }

  // Of one image in a lane's maps.
  size_t map_of(size_t lane, size_t image) const {
    return (lane * kImagesTogether + image) * map * stage.filters;
  }

  double operations() const {
    return 2.0 * stage.convolved.height * stage.convolved.width * stage.filters *
           stage.in.channels * stage.kernel * stage.kernel * kLanes;
  }

  void run_forward(size_t image) {
    OriginMaps maps = {.lanes = {},
                       .rows = origin_rows.data(),
                       .vertical = vertical ? vertical->origins(image) : nullptr};
    for (size_t lane = 0; lane < kLanes; ++lane) {
      maps.lanes[lane] = origins.data() + map_of(lane, image);
    }
    conv_forward(
        forward, weights.data(), bias.data(), {0, stage.out.width, stage.out.height}, {nullptr, 1},
        pooled.data(), maps, nullptr, sums.data(),
        [&](int first, int) HWY_ATTR {
          return padded.data() + image * padded_values() + first * forward.padded_row();
        },
        [](int, int) {});
  }

  void run_backward(bool inputs_too) {
    for (size_t image = 0; image < kImagesTogether && vertical; ++image) {
      const float* of_image = vertical_gradients.data() + image * pooled.size();
      vertical->add(image, padded.data() + image * padded_values(), of_image, 1);
      if (inputs_too) places.pack(of_image, 1, vertical->origins(image), image);
    }
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const TrialConvolution trial = trial_of(lane);
      const auto source_of = [&](int filter, size_t image) HWY_ATTR {
        const float* from = gradients.data() + map_of(lane, image) + map * filter;
        return GradientSource{from, 1, place_row(stage.out), 1};
      };
      if (!vertical) {
        add_trial_weight_gradients(backward, kImagesTogether, trial, source_of, open);
        if (inputs_too) find_trial_input_gradients(backward, kImagesTogether, trial, source_of);
      } else if (inputs_too) {
        backward.inputs->run_packed(kImagesTogether, places.filters(lane, 0),
                                    places.gradients(lane, 0), places.image_values(),
                                    trial.moved_weights, trial.input_gradients,
                                    backward.input_gradient_floats());
      }
    }
  }

  TrialConvolution trial_of(size_t lane) {
    TrialConvolution trial{};
    for (size_t image = 0; image < kImagesTogether; ++image) {
      trial.inputs[image] =
          lane_inputs.data() + (lane * kImagesTogether + image) * backward.lane_floats;
      trial.origins[image] = origins.data() + map_of(lane, image);
    }
    trial.weight_sums = weight_sums.data() + lane * backward.weights.filter_floats * stage.filters;
    trial.bias_sums = bias_sums.data() + lane * stage.filters;
    trial.moved_weights = moved.data() + lane * lane_weights;
    trial.input_gradients = dx.data();
    return trial;
  }
};

void second_convolution(benchmark::State& state, const char* model, int pass) {
  const Stages stages = stages_of(models::named_network(model, 1, {1, 28, 28}, 10));
  SecondConvolution conv(stages.convolutions[1]);
  const double images = pass == 0 ? 1.0 : kImagesTogether;
  measure(state, images * conv.operations() * (pass == 2 ? 2 : 1), [&] {
    if (pass == 0) {
      conv.run_forward(0);
    } else {
      conv.run_backward(pass == 2);
    }
  });
}

void dense_kernel(benchmark::State& state, const char* model, int pass) {
  const Stages stages = stages_of(models::named_network(model, 1, {1, 28, 28}, 10));
  const int inputs = stages.dense[0].inputs;
  const int outputs = stages.dense[0].outputs;
  constexpr int kBatch = 100;
  const auto stride = [](int units) {
    return (static_cast<size_t>(units) * kLanes / 16 | 1U) * 16;
  };
  const DenseShape shape = {.images = kBatch,
                            .inputs = inputs,
                            .outputs = outputs,
                            .input_stride = stride(inputs),
                            .output_stride = stride(outputs),
                            .weight_block_stride = (static_cast<size_t>(inputs) * 4 + 16) * kLanes};
  AlignedBuffer<float> x(kBatch * shape.input_stride);
  AlignedBuffer<float> y(kBatch * shape.output_stride + 64);
  AlignedBuffer<float> dx(x.size());
  AlignedBuffer<float> weights(static_cast<size_t>(channel_blocks(outputs)) *
                               shape.weight_block_stride);
  AlignedBuffer<float> bias(static_cast<size_t>(outputs) * kLanes);
  fill(x, 1);
  fill(weights, 2);
  fill(y, 3);
  measure(state, 2.0 * kBatch * inputs * outputs * kLanes, [&] {
    if (pass == 0) dense_forward(shape, x.data(), weights.data(), bias.data(), y.data());
    if (pass == 1) dense_input_gradients(shape, y.data(), weights.data(), dx.data());
    if (pass == 2) {
      dense_weight_gradients(shape, x.data(), y.data(),
                             [](size_t, const float* gradients, size_t)
                                 HWY_ATTR { benchmark::DoNotOptimize(gradients); });
    }
  });
}

void register_benchmarks() {
  benchmark::RegisterBenchmark("fma_peak", fma_peak);
  for (const char* model : {"tiny", "small", "tutorial"}) {
    const std::string name = model;
    benchmark::RegisterBenchmark((name + "/conv2_forward").c_str(), second_convolution, model, 0);
    benchmark::RegisterBenchmark((name + "/conv2_weight_gradients").c_str(), second_convolution,
                                 model, 1);
    benchmark::RegisterBenchmark((name + "/conv2_both_gradients").c_str(), second_convolution,
                                 model, 2);
    benchmark::RegisterBenchmark((name + "/dense_forward").c_str(), dense_kernel, model, 0);
    benchmark::RegisterBenchmark((name + "/dense_input_gradients").c_str(), dense_kernel, model, 1);
    benchmark::RegisterBenchmark((name + "/dense_weight_gradients").c_str(), dense_kernel, model,
                                 2);
  }
}

#else

void register_benchmarks() {}

#endif

}  // namespace sweetspot::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sweetspot::train {

HWY_EXPORT(register_benchmarks);

void PeakBeside::Work::add(double more, Clock::duration took) {
  operations += more;
  seconds += std::chrono::duration<double>(took).count();
}

PeakBeside::PeakBeside(void (*peak_loop)(), double peak_operations, double operations)
    : peak_loop_(peak_loop), peak_operations_(peak_operations), operations_(operations) {}

void PeakBeside::after_iteration(benchmark::State& state) {
  constexpr double kOperationsAtOnce = 2e7;
  constexpr int kLoops = 20;
  if (++iterations_done_ < iterations_at_once_) return;
  const auto end = Clock::now();
  state.PauseTiming();
  iterations_.add(operations_ * iterations_done_, end - begin_);
  const auto begin = Clock::now();
  for (int i = 0; i < kLoops; ++i) peak_loop_();
  peak_.add(peak_operations_ * kLoops, Clock::now() - begin);
  iterations_at_once_ = std::max(1, static_cast<int>(kOperationsAtOnce / operations_));
  iterations_done_ = 0;
  state.ResumeTiming();
  begin_ = Clock::now();
}

void PeakBeside::report(benchmark::State& state) const {
  state.counters["% of peak"] = 100 * iterations_.rate() / peak_.rate();
  state.counters["GFLOP/s"] = iterations_.rate() / 1e9;
  state.counters["peak"] = peak_.rate() / 1e9;
}

}  // namespace sweetspot::train

int main(int count, char** arguments) {
  benchmark::Initialize(&count, arguments);
  if (count > 1 && arguments[1] == std::string("--8-lanes")) hwy::DisableTargets(HWY_AVX3);
  HWY_DYNAMIC_DISPATCH(sweetspot::train::register_benchmarks)();
  benchmark::ConsoleReporter reporter(benchmark::ConsoleReporter::OO_Tabular);
  benchmark::RunSpecifiedBenchmarks(&reporter);
  return 0;
}
#endif
