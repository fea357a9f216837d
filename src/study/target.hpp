// When a trial has got where it was to get. Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sweetspot::study {

struct Target {
  std::string metric = "train_accuracy";  // empty: none, every trial trains to its budget
  double value = 0.97;                    // reached when the metric is at least this,
  bool at_most = false;                   // or at most
  bool operator==(const Target&) const = default;
};

// train_accuracy, running_accuracy, validation_accuracy.
std::vector<std::string> target_metrics();

// "train_accuracy=0.97", of the metrics above; "accuracy>=0.97" or "loss<=0.1", of any; or "none".
// Throws Error (usage): no such text, a metric above with a value not in (0, 1].
Target parse_target(std::string_view text);
std::string text_of(const Target& target);

}  // namespace sweetspot::study
