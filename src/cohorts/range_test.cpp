#include "cohorts/range_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>

#include "base/text.hpp"
#include "cohorts/lane_recipe.hpp"
#include "cohorts/loss_curves.hpp"
#include "cohorts/study_setup.hpp"
#include "sweetspot/error.hpp"
#include "train/schedule.hpp"

namespace sweetspot::cohorts {
namespace {

// fastai skips the first tenth and the last five steps; what is left must be a curve.
constexpr int64_t kLeastTestSteps = 20;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::usage, what);
}

// Around these the short trainings begin. Not `slide`: it looks for the right end of the valley,
// and is decades too high where the loss jumps to a plateau instead of rising (docs/notes/find.md).
constexpr std::array<std::string_view, 3> kVerified = {"steep", "minimum", "valley"};

class Tester {
 public:
  Tester(const RangeTest& test, const data::ImageSet& set,
         const std::function<void(const TestProgress&)>& on_progress)
      : settings_(test.settings),
        steps_(static_cast<uint64_t>(test.steps)),
        threads_(test.threads),
        low_(test.settings.learning_rates.front()),
        high_(test.settings.learning_rates.back()),
        classes_(set.classes),
        network_(network_of(test.settings, set)),
        images_(network_, data::split(set).training.pixels, data::split(set).training.labels),
        on_progress_(on_progress) {}

  RangeTestResult run() {
    test_range();
    std::vector<double> rates = first_rates();
    while (!rates.empty()) {
      train_at(rates);
      rates = search::further_rates(result_.short_runs, classes_, low_, high_);
    }
    result_.verdict = search::judge_short_runs(result_.short_runs, classes_);
    return std::move(result_);
  }

 private:
  CurveJob job(double rate, const train::Schedule& schedule, int seed) const {
    study::Trial trial;
    trial.config = {{"optimizer", settings_.optimizers.front()}, {"learning_rate", rate}};
    trial.seed = settings_.seed + static_cast<uint64_t>(seed);
    CurveJob job;
    job.recipe = recipe_of(settings_, schedule, trial);
    return job;
  }

  std::vector<LossCurve> train(const std::vector<CurveJob>& jobs) {
    progress_.planned = progress_.steps;
    for (const CurveJob& job : jobs) progress_.planned += job.steps;
    std::vector<LossCurve> curves =
        loss_curves(network_, images_, settings_.batch_size, jobs, threads_, [&](uint64_t steps) {
          progress_.steps += steps;
          on_progress_(progress_);
        });
    for (const LossCurve& curve : curves) result_.compute_seconds += curve.compute_seconds;
    return curves;
  }

  void test_range() {
    const train::Schedule schedule =
        train::parse_schedule(fmt::format("rise:start={}", low_ / high_), steps_);
    std::vector<double> rates;
    for (uint64_t step = 0; step < steps_; ++step) rates.push_back(high_ * schedule.factor(step));
    std::vector<CurveJob> jobs;
    for (int seed = 0; seed < settings_.seeds; ++seed) {
      jobs.push_back(job(high_, schedule, seed));
      jobs.back().steps = steps_;
      jobs.back().ends_at_divergence = true;
    }
    for (const LossCurve& curve : train(jobs)) {
      TestedSeed& seed = result_.seeds.emplace_back();
      seed.seed = settings_.seed + result_.seeds.size() - 1;
      seed.curve = search::recorded_curve(rates, curve.losses);
      seed.steps = curve.losses.size();
      result_.test_steps += seed.steps;
    }
    for (const search::PublishedSuggestion& published : search::published_suggestions()) {
      SuggestionSpread& spread = result_.suggestions.emplace_back();
      spread.name = published.name;
      std::vector<double> found;
      for (const TestedSeed& seed : result_.seeds) {
        spread.by_seed.push_back(published.suggest(seed.curve));
        if (spread.by_seed.back().has_value()) found.push_back(*spread.by_seed.back());
      }
      if (found.empty()) continue;
      std::sort(found.begin(), found.end());
      spread.lowest = found.front();
      spread.median = found[(found.size() - 1) / 2];
      spread.highest = found.back();
    }
  }

  std::vector<double> first_rates() const {
    std::vector<double> medians;
    for (const SuggestionSpread& spread : result_.suggestions) {
      const bool verified =
          std::find(kVerified.begin(), kVerified.end(), spread.name) != kVerified.end();
      if (verified && spread.median.has_value()) medians.push_back(*spread.median);
    }
    return search::first_rates(medians, low_, high_);
  }

  void train_at(const std::vector<double>& rates) {
    std::vector<CurveJob> jobs;
    for (const double rate : rates) {
      for (int seed = 0; seed < settings_.seeds; ++seed) {
        jobs.push_back(job(rate, {}, seed));
        jobs.back().steps = kShortRunSteps;
      }
    }
    const std::vector<LossCurve> curves = train(jobs);
    auto curve = curves.begin();
    for (const double rate : rates) {
      search::ShortRuns& runs = result_.short_runs.emplace_back();
      runs.rate = rate;
      for (int seed = 0; seed < settings_.seeds; ++seed, ++curve) {
        const std::vector<double>& losses = curve->losses;
        result_.short_steps += losses.size();
        runs.losses.emplace_back();
        if (losses.size() < kShortRunSteps || !std::isfinite(losses.back())) continue;
        const auto window = static_cast<std::ptrdiff_t>(kShortRunWindow);
        runs.losses.back() =
            std::accumulate(losses.end() - window, losses.end(), 0.0) / kShortRunWindow;
      }
    }
    std::sort(result_.short_runs.begin(), result_.short_runs.end(),
              [](const auto& a, const auto& b) { return a.rate < b.rate; });
  }

  const study::Settings settings_;
  const uint64_t steps_;
  const int threads_;
  const double low_;
  const double high_;
  const int classes_;
  const train::Network network_;
  const train::Images images_;
  const std::function<void(const TestProgress&)>& on_progress_;
  TestProgress progress_;
  RangeTestResult result_;
};

}  // namespace

void require_testable(const RangeTest& test, const data::ImageSet& set) {
  const study::Settings& s = test.settings;
  if (s.optimizers.size() != 1) refuse("optimizer: exactly one is tested");
  const double low = s.learning_rates.front();
  const double high = s.learning_rates.back();
  // Below a decade there is nothing to find; above 30 the schedule does not go.
  if (!(high >= 10 * low) || !(high <= 1e30 * low)) {
    refuse(fmt::format("learning rates {}:{}: must span at least a decade, and at most 30",
                       shortest(low), shortest(high)));
  }
  if (test.steps < kLeastTestSteps || test.steps > kMostTestSteps) {
    refuse(fmt::format("steps {}: must be from {} to {}", test.steps, kLeastTestSteps,
                       with_thousands(static_cast<long long>(kMostTestSteps))));
  }
  if (s.seeds < 1 || s.seeds > kMostTestSeeds) {
    refuse(fmt::format("seeds {}: must be from 1 to {}", s.seeds, kMostTestSeeds));
  }
  require_trainable(s, set);
}

RangeTestResult run_range_test(const RangeTest& test, const data::ImageSet& set,
                               const std::function<void(const TestProgress&)>& on_progress) {
  require_testable(test, set);
  return Tester(test, set, on_progress).run();
}

}  // namespace sweetspot::cohorts
