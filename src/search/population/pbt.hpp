// Population-based training (Jaderberg et al., "Population based training of neural networks",
// arXiv:1711.09846). A population trains side by side; every `ready` steps each member is judged
// (exploit): one that is clearly behind goes on from a copy of a better one's state, with numbers
// that are changed a little (explore). So what a member trains with is a schedule, and its lineage,
// every copy an edge, says which. All members stand at the same step when they are judged.
//
// A copy keeps the choices of the one that it copies (another optimizer could not go on from its
// state): these are selected among, not explored. A member that failed is replaced like the worst.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "search/search.hpp"

namespace sweetspot::search {

enum class Exploit {
  truncation,  // the last fifth copies any of the first fifth
  t_test,      // another one, drawn, if its last ten checks are better by Welch's test at 5 %
  tournament,  // another one, drawn, if its last check is better; of equals either
  none,        // nobody copies anybody
};
enum class Explore {
  perturb,   // every number times 1.2 or 0.8, within its bounds
  resample,  // every number is drawn again
  normal,    // every number moves by a normal, of a deviation that is a part of its range
};

std::vector<std::string> exploit_names();
std::vector<std::string> explore_names();
// Throw Error (usage) for an unknown name (the nearest known is named).
Exploit exploit_of(std::string_view name);
Explore explore_of(std::string_view name);

struct PbtOptions {
  size_t population = 16;
  uint64_t ready = 200;   // steps
  uint64_t steps = 8000;  // that each member trains
  Exploit exploit = Exploit::truncation;
  Explore explore = Explore::perturb;
  bool everyone_explores = false;         // those who copy nobody, too, as in the paper's toy
  double deviation = 0.1;                 // of Explore::normal, of a number's range
  std::vector<space::Config> first = {};  // of the first members; the others' are Sobol points
};

class PbtSearch final : public Search {
 public:
  // Throws Error (usage): a population of less than 2, or fewer steps than `ready`.
  explicit PbtSearch(PbtOptions options);

  std::vector<Proposal> ask(const History& history, size_t most) const override;
  size_t own_round_size() const override { return options_.population; }
  bool sees_last_round() const override { return true; }

 private:
  std::vector<Proposal> first_generation(const History& history) const;

  PbtOptions options_;
};

// A config near another one, of the same choices. `deviation` as in PbtOptions.
space::Config explored(const space::Space& space, const space::Config& config, Explore explore,
                       double deviation, class Draws& draws);

// Whether the mean of `a` is above that of `b`, one-sided (Welch, Biometrika 34, 1947). False for
// fewer than two values on a side.
bool is_better_by_t_test(const std::vector<double>& a, const std::vector<double>& b,
                         double significance);

}  // namespace sweetspot::search
