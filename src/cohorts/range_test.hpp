// The learning-rate range test of one optimizer on a network, over several seeds, and short
// trainings that verify what it suggests. Thread-safety: one call at a time; it has threads of its
// own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search/range_test/range_suggestions.hpp"
#include "search/range_test/range_verdict.hpp"
#include "study/settings.hpp"
#include "sweetspot/image_set.hpp"

namespace sweetspot::cohorts {

struct RangeTest {
  // One optimizer; the first and last of its rates are the test's ends; `seeds` from `seed` on. Of
  // the rest all that a network, its data and its trainings depend on.
  study::Settings settings;
  int64_t steps = 200;  // a seed, from end to end
  int threads = 1;
};

// The most seeds, and steps a seed.
constexpr int kMostTestSeeds = 64;
constexpr int64_t kMostTestSteps = 10'000;

// Steps of a short training, and those at its end over which its loss is a mean.
constexpr uint64_t kShortRunSteps = 150;
constexpr uint64_t kShortRunWindow = 50;

// A published suggestion over the seeds.
struct SuggestionSpread {
  std::string_view name;
  std::vector<std::optional<double>> by_seed;
  // Over the seeds that have one; none where none has. Of an even number the median is the lower
  // middle one.
  std::optional<double> lowest, median, highest;
};

struct TestedSeed {
  uint64_t seed = 0;
  search::RangeCurve curve;  // what the suggestions look at
  uint64_t steps = 0;        // until it diverged, or all
};

struct RangeTestResult {
  std::vector<TestedSeed> seeds;
  std::vector<SuggestionSpread> suggestions;  // in the order of published_suggestions()
  std::vector<search::ShortRuns> short_runs;  // ascending
  search::RangeVerdict verdict;
  uint64_t test_steps = 0;   // trial-steps of the test
  uint64_t short_steps = 0;  // and of the short trainings
  double compute_seconds = 0;
};

// Throws Error (usage) for what cannot be tested: no or several optimizers, a range below a decade
// or reversed, steps below 20 or above kMostTestSteps, seeds above kMostTestSeeds, and whatever
// require_trainable() refuses.
void require_testable(const RangeTest& test, const data::ImageSet& set);

struct TestProgress {
  uint64_t steps = 0;    // trial-steps so far
  uint64_t planned = 0;  // at most, of what is known yet: short trainings come as they are needed
};

// `on_progress` is called at every step, from any thread but one at a time. The result depends on
// the settings and `steps` alone, but for its compute_seconds. Throws as require_testable().
RangeTestResult run_range_test(const RangeTest& test, const data::ImageSet& set,
                               const std::function<void(const TestProgress&)>& on_progress);

}  // namespace sweetspot::cohorts
