// What a study over sizes says: training time against the number of weights, at each learning rate.
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/summary/line_fit.hpp"
#include "report/summary/summary.hpp"

namespace sweetspot::report {

// The three clocks of training time: they tell different stories, since a step of a larger network
// costs more, but fewer steps are needed.
enum class TimeUnit { steps, seconds, operations };
std::string_view name_of(TimeUnit unit);

// One optimizer and rate at one size, over all seeds.
struct SizePoint {
  store::NetworkSize network;
  int trials = 0;
  int reached = 0;
  double steps = 0;  // mean over the seeds; meaningless unless all reached
  bool all_reached() const { return trials > 0 && reached == trials; }
  double time(TimeUnit unit) const;
};

struct SizeLine {
  std::string optimizer;
  double learning_rate = 0;
  std::vector<SizePoint> points;  // ascending sizes
  // How many of them every seed reached.
  int sizes_reached() const;
  // Through the sizes that reached the target; time = intercept + slope x weights.
  std::optional<LineFit> fit(TimeUnit unit) const;
};

// The fastest rate at one size, beside the rate that is fastest at the smallest size.
struct BestAtSize {
  store::NetworkSize network;
  std::string optimizer;
  std::optional<BestRate> best;
  std::optional<double> steps_at_first_best;  // none where that rate fails here
};

struct SizeSummary {
  std::vector<SizeLine> lines;
  std::vector<BestAtSize> best;
};

// Of a summary whose study is over sizes.
SizeSummary summarize_sizes(const Summary& summary);

// "adam at 0.001", or the choice alone where no number varies.
std::string line_name(const Summary& summary, const SizeLine& line);

// The line that most sizes reached the target on; the fastest among equals. Null where none did.
const SizeLine* widest_line(const SizeSummary& sizes);

}  // namespace sweetspot::report
