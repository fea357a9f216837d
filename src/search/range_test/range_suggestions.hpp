// The published suggestions of a learning-rate range test, from the curve of loss against learning
// rate. The test: Smith, Cyclical learning rates for training neural networks, WACV 2017 (arXiv
// 1506.01186); the suggestions: fastai 2, fastai.callback.schedule (lr_find, steep, minimum,
// slide, valley), whose defaults are meant by "published" below. Thread-safety: pure functions and
// plain values.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace sweetspot::search {

// The running mean of a loss that fastai records: weights 0.98^age, divided by their sum.
class SmoothedLoss {
 public:
  // Returns the mean with `loss` in it; NaN or infinite from the first loss on that is not finite.
  double add(double loss);

  // Where a range test ends: the mean is above four times its lowest, or not finite.
  bool diverged() const;

 private:
  double weighted_ = 0;
  double weight_left_ = 1;  // 0.98 to the number of losses
  double mean_ = 0;
  double lowest_ = std::numeric_limits<double>::infinity();
};

struct RangeCurve {
  std::vector<double> rates;   // ascending
  std::vector<double> losses;  // smoothed, finite, as many
};

// What the published suggestions look at: the smoothed losses without the first tenth of the
// planned steps, without the last five that were made, and without what is not finite. `rates` are
// those of all planned steps, `losses` the minibatch losses of the steps that were made; those
// after divergence are left out. May be empty.
RangeCurve recorded_curve(std::span<const double> rates, std::span<const double> losses);

// Each gives a learning rate, or none where the curve has too few points for it or never falls;
// there fastai fails, or answers with an end of the range.

// The rate before the steepest fall of the loss, per logarithm of the rate.
std::optional<double> steep(const RangeCurve& curve);

// A tenth of the rate of the lowest loss.
std::optional<double> minimum(const RangeCurve& curve);

// Slides two points, 15 steps apart, from the right end to the left while the loss's slopes (per
// step, central differences) at the two differ by more than 0.005; the left one's rate where they
// last did.
std::optional<double> slide(const RangeCurve& curve);

// The rate half-way (a third and a sixth) along the longest falling subsequence of the losses, as
// long as if its steps were neighbours.
std::optional<double> valley(const RangeCurve& curve);

struct PublishedSuggestion {
  std::string_view name;
  std::optional<double> (*suggest)(const RangeCurve& curve);
};

std::span<const PublishedSuggestion> published_suggestions();

}  // namespace sweetspot::search
