// What a study says, ready to be shown: the one place where bands, best rates and costs are worked
// out; the table, the JSON and the figures all draw on it. Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/study_store.hpp"

namespace sweetspot::report {

struct TrialSummary {
  study::Trial trial;
  study::Curve curve;
};

struct BestRate {
  double learning_rate = 0;  // of no meaning where no number varies
  double steps = 0;          // mean over the seeds
};

struct OptimizerSummary {
  std::string optimizer;
  int reached = 0;  // trials
  int trials = 0;
  // The contiguous run of grid rates around the best that reached the target with every seed; none
  // where no number varies.
  std::optional<std::pair<double, double>> band;
  std::vector<double> also_reached;  // rates outside the band that did
  std::map<double, double> times;    // mean steps at each rate that every seed reached
  std::optional<BestRate> best;      // fewest steps; ties by higher train accuracy, then lower rate
};

struct CostSummary {
  uint64_t trial_steps = 0;
  double operations = 0;  // floating-point, direct arithmetic
  double compute_seconds = 0;
  double wall_seconds = 0;
  std::optional<double> lanes_busy;  // share of all lanes' time, the tail included
};

// How the early-stopping rule fared where an audit trained on.
struct AuditSummary {
  int reached = 0;             // trials that reached the target
  int wrongly_given_up = 0;    // of those, given up before
  uint64_t failing_steps = 0;  // of trials that did not
  uint64_t saved_steps = 0;    // of those, after they were given up
};

struct Summary {
  std::string part;  // of the study
  store::StudyRecord record;
  std::vector<TrialSummary> trials;
  std::vector<int> damaged;  // trials that were left out for it
  std::vector<OptimizerSummary> optimizers;
  CostSummary cost;
  std::optional<AuditSummary> audit;
};

// Zero for a curve without a check.
double last_train_accuracy(const study::Curve& curve);

// Of the network that a trial trains: the study's own, one of its sizes, or a proxy.
double operations_per_step(const store::StudyRecord& record, const study::Trial& trial);

// A trial's own steps as steps of the study's network, by their operations.
double cost_steps(const store::StudyRecord& record, const study::Trial& trial);

// Those of a curve's metrics that any trial has a value of.
std::vector<size_t> used_metrics(const Summary& summary);

// Of the store's part. Throws Error (study) where it holds no study.
Summary summarize(store::StudyStore& store);

// The same as if one seed alone had been trained; the cost stays that of all.
Summary of_seed(const Summary& summary, uint64_t seed);

// The answer in a sentence: which optimizer, which rate, how wide its band is, and what it took.
std::string answer(const Summary& summary);

}  // namespace sweetspot::report
