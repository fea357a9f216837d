// What a search came to: its best, its band, the config that fresh seeds confirmed, and the price.
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/summary/importance.hpp"
#include "report/summary/summary.hpp"
#include "search/smoothed_values.hpp"

namespace sweetspot::report {

struct SafeConfig {
  space::Config config;
  int seeds = 0;     // fresh ones, that all reached the target
  double steps = 0;  // their mean
  std::optional<double> test_accuracy = {};
};

struct TuneSummary {
  std::optional<size_t> best;  // index of Summary::trials
  double value = 0;            // of the best: its steps, or its best metric
  // Where trainings are noisy: the same with the noise taken out, which chose the best.
  std::optional<search::Estimate> smoothed = {};
  size_t best_valued = 0;       // whose own value is the best; as `best`
  double best_value = 0;        // that value
  bool follow_configs = true;   // whether values follow configs at all
  std::vector<size_t> lineage;  // that the best descends from by copies, itself last; as `best`
  std::optional<std::pair<double, double>> band;
  std::optional<SafeConfig> safe;
  std::vector<Importance> importance;
  size_t repeated = 0;    // of those that were searched: configs that had been trained already
  size_t searched = 0;    // trials of the search, on the target network
  size_t on_proxy = 0;    // those on a proxy
  size_t confirming = 0;  // trials with fresh seeds
  // Operations of all over those of the budget's steps; of a program of one's own steps over steps
  // or, where it has no budget, trainings.
  double full_trainings = 0;
};

TuneSummary summarize_tune(const Summary& summary);

// What a trial of a search is worth to its objective, the smaller the better; none where it did not
// work.
std::optional<double> searched_value(const study::Settings& settings, const TrialSummary& trial);

// The best that a trial came to of the metric that it is judged by; none before its first check.
std::optional<double> best_judged(const study::Settings& settings, const TrialSummary& trial);

// Steps that the measurement of the test accuracy took beside the trials.
uint64_t test_steps(const std::vector<TrialSummary>& trials);

// A line to paste, for a framework, and where its update rule differs from the study's.
struct PasteLine {
  std::string framework;
  std::string line;
  std::string differs;  // empty where it does not
};

// For the optimizers that the frameworks have; none for others. Of a program of one's own the
// command with the config's values.
std::vector<PasteLine> paste_lines(const study::Settings& settings, const space::Config& config);

}  // namespace sweetspot::report
