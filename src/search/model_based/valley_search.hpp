// `auto`: the search of our own, for spaces of choices (optimizers, say) and one number (a learning
// rate) over which training time is a valley for each choice. It knows that
// - most points fail, and a few steps tell: all choices are screened at points a decade apart, for
//   two checks' steps, and only the best go on, to twice the steps and then again (successive
//   halving; Karnin, Koren and Somekh, ICML 2013), every choice keeping a place at first, since
//   some start slowly;
// - a choice's good points lie side by side: between levels the neighbours of its best ones are
//   added, at half the distance each time;
// - once one point has reached the target, nobody needs to train longer than it did.
// At the end the best choices' valleys are searched at the finest distance; where steps turn out to
// be noisy, the rest of the cost goes to fresh trainings (fresh_trainings.hpp).
#pragma once

#include "search/search.hpp"

namespace sweetspot::search {

class ValleySearch final : public Search {
 public:
  // Throws Error (usage) for a space of no number, of more than one, or of a number that is there
  // under a condition. Where there are starts, no choice is screened: it begins with these and what
  // lies beside them.
  explicit ValleySearch(const space::Space& space, std::vector<space::Config> starts = {});

  std::vector<Proposal> ask(const History& history, size_t most) const override;

  // Whether a space has the form that it takes.
  static bool takes(const space::Space& space);

 private:
  std::vector<space::Config> starts_;
};

}  // namespace sweetspot::search
