// What short trainings around a range test's suggestions say of the learning rate: which rates to
// train at, and the answer, or that there is none. Thread-safety: pure functions and plain values.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace sweetspot::search {

// Short trainings at one rate.
struct ShortRuns {
  double rate = 0;
  // At their end, one a seed, the seeds in the same order at every rate; none where a loss on the
  // way was not finite.
  std::vector<std::optional<double>> losses;
};

// Learning rates lie on a fixed grid of two a decade (1, 3.16228, 10, ...), so that an answer does
// not move with the range that was asked for, nor a little with the suggestions.

// The grid's rates inside [low, high], from the one nearest to the lowest suggestion to the one
// nearest to the highest, or the upper six of them: suggestions that noise makes lie at the low
// rates, where nothing is learnt. None where there are no suggestions. Requires high >= 10 low.
std::vector<double> first_rates(std::span<const double> suggestions, double low, double high);

// Neighbours, inside [low, high], of what was tried that are still needed: on either side until the
// loss there is clearly higher than the lowest; where nothing is learnt yet, towards the end with
// the lower loss, until kMostRates have been tried. Empty where no more is needed. `runs` ascend by
// their rates.
std::vector<double> further_rates(std::span<const ShortRuns> runs, int classes, double low,
                                  double high);
constexpr size_t kMostRates = 9;

// Whether a loss says that something has been learnt: below 0.7 of that of a guess, ln(classes).
bool is_learnt(const std::optional<double>& loss, int classes);

struct RangeVerdict {
  std::optional<double> rate;  // none: can't tell, for the reason in `doubt`
  // The lowest and highest rate, of those tried around `rate`, at which every seed learnt.
  std::optional<std::pair<double, double>> band;
  std::vector<std::optional<double>> by_seed;  // what each seed alone answers
  // Of the seeds, the share whose own answer is within a factor of two of `rate`, from 0 to 1; none
  // with a single seed.
  std::optional<double> confidence;
  std::string doubt;
  // The loss is about the lowest at the first or last of the rates (where nothing is learnt: lower
  // than at the other end): better ones may lie outside the range.
  bool open_below = false;
  bool open_above = false;
};

// The middle, in the logarithm, of the rates whose mean loss over the seeds is at most 1.3 times
// the lowest; where that is between two rates comes from a line through the logarithms of their
// losses. The middle, since the lowest loss of a short run often lies at the cliff behind which
// trainings fail, and a longer training wants a smaller rate. `runs` ascend by their rates.
RangeVerdict judge_short_runs(std::span<const ShortRuns> runs, int classes);

}  // namespace sweetspot::search
